-- Checks whether the lease of a life is valid, whatever its record contains.
-- KEYS[1] epochs (hash)   KEYS[2] leases (sorted set)
-- ARGV[1] node number     ARGV[2] epoch
-- Returns 1 if it is
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then
  return 0
end
local time = redis.call('TIME')
local endsAtMs = tonumber(redis.call('ZSCORE', KEYS[2], ARGV[1]) or '0')
return endsAtMs > time[1] * 1000 + math.floor(time[2] / 1000) and 1 or 0
