-- Reverts an epoch that no node owns, so that the life with the lease can renew it.
-- KEYS[1] epochs (hash)
-- ARGV[1] node number     ARGV[2] epoch of that life
-- Returns 1 if an epoch was reverted
local known = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0') or 0
if known <= tonumber(ARGV[2]) then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
