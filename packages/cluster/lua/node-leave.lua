-- Ends the lease of a node that leaves. No effect once a newer life of it has begun.
-- KEYS[1] epochs (hash)   KEYS[2] leases (sorted set)
-- ARGV[1] node number     ARGV[2] epoch     ARGV[3] channel for hints
-- Returns 1 if this ended the lease
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then
  return 0
end
redis.call('ZADD', KEYS[2], 'XX', 0, ARGV[1])
redis.call('PUBLISH', ARGV[3], ARGV[1])
return 1
