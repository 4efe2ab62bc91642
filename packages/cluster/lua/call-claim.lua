-- Claims an idempotency key for a node, unless another node has claimed it. An app with too many claims loses its oldest.
-- KEYS[1] claim (text)        KEYS[2] the app's claims by expiry (sorted set)
-- ARGV[1] the claiming life   ARGV[2] a life whose claim is void; empty for none
-- ARGV[3] milliseconds to keep it                     ARGV[4] how many claims the app may have
-- Returns the life that holds the claim
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[2] then
  return holder
end
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', nowMs)
redis.call('ZADD', KEYS[2], nowMs + tonumber(ARGV[3]), KEYS[1])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
local tooMany = redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[4])
if tooMany > 0 then
  for _, oldest in ipairs(redis.call('ZRANGE', KEYS[2], 0, tooMany - 1)) do
    redis.call('DEL', oldest)
    redis.call('ZREM', KEYS[2], oldest)
  end
end
return ARGV[1]
