-- Claims the calls with an idempotency key for a node, unless another has.
-- KEYS[1] claim (text)
-- ARGV[1] the claiming life   ARGV[2] a life whose claim is void; empty: none   ARGV[3] milliseconds to keep it
-- Returns the life that has it now
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[2] then
  return holder
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
return ARGV[1]
