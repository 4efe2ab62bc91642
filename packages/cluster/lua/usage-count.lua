-- Counts a batch of usage exactly once, in the order of its life.
-- KEYS[1] last batch of the life that was counted (text)   KEYS[2] totals of the day (hash)
-- ARGV[1] number of the batch   ARGV[2] number of the batch it follows   ARGV[3] days to keep all this
-- ARGV[4...] metric and bytes of each
-- Returns { 'counted' | 'duplicate' | 'gap', number of the last batch that was counted }
local last = tonumber(redis.call('GET', KEYS[1]) or '0')
if tonumber(ARGV[1]) <= last then
  return { 'duplicate', last }
end
if tonumber(ARGV[2]) > last then
  return { 'gap', last }
end
local keepSeconds = tonumber(ARGV[3]) * 86400
redis.call('SET', KEYS[1], ARGV[1], 'EX', keepSeconds)
for arg = 4, #ARGV, 2 do
  redis.call('HINCRBY', KEYS[2], ARGV[arg], ARGV[arg + 1])
end
redis.call('EXPIRE', KEYS[2], keepSeconds)
return { 'counted', tonumber(ARGV[1]) }
