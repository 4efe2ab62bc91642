-- Counts a batch of usage exactly once, in the order of its life.
-- KEYS[1] last counted batch of the life (text)   KEYS[2] totals of the day (hash)
-- KEYS[3] until when a node with books wants the batches, milliseconds since 1970 (text)   KEYS[4] batches waiting for the books (stream)
-- KEYS[5] number and hash of the newest leaf of each life (hash)
-- ARGV[1] number of the batch   ARGV[2] number of the batch it follows   ARGV[3] days to keep totals
-- ARGV[4] name of the life   ARGV[5] hash of the batch as a leaf of the ledger, or empty
-- ARGV[6] the batch for the books, or empty   ARGV[7] seconds to keep it   ARGV[8] how many may wait
-- ARGV[9] 1 to return the newest leaves of all lives
-- ARGV[10] until when batches are wanted, as known to the caller, milliseconds since 1970   ARGV[11] milliseconds until then, 0 if past,
-- -1 if the caller does not know yet, and this batch is kept in case there are books
-- ARGV[12...] metric and bytes of each
-- Returns { 'counted' | 'duplicate' | 'gap', number of the last counted batch, name and newest leaf of each life,
-- until when batches are wanted, or nothing }
local wantedUntil = redis.call('GET', KEYS[3]) or ''
if wantedUntil == '' and tonumber(ARGV[11]) > 0 then
  -- Redis was emptied, and the books have not noticed yet.
  wantedUntil = ARGV[10]
  redis.call('SET', KEYS[3], wantedUntil, 'PX', ARGV[11])
end
local last = tonumber(redis.call('GET', KEYS[1]) or '0')
if tonumber(ARGV[1]) <= last then
  return { 'duplicate', last, {}, wantedUntil }
end
if tonumber(ARGV[2]) > last then
  return { 'gap', last, {}, wantedUntil }
end
local keepSeconds = tonumber(ARGV[3]) * 86400
redis.call('SET', KEYS[1], ARGV[1], 'EX', keepSeconds)
for arg = 12, #ARGV, 2 do
  redis.call('HINCRBY', KEYS[2], ARGV[arg], ARGV[arg + 1])
end
redis.call('EXPIRE', KEYS[2], keepSeconds)
if ARGV[6] ~= '' and (wantedUntil ~= '' or ARGV[11] == '-1') then
  redis.call('XADD', KEYS[4], '*', 'b', ARGV[6])
  redis.call('XTRIM', KEYS[4], 'MAXLEN', ARGV[8])
  redis.call('EXPIRE', KEYS[4], ARGV[7])
end
local heads = {}
if ARGV[5] ~= '' then
  if ARGV[9] == '1' then
    heads = redis.call('HGETALL', KEYS[5])
  end
  redis.call('HSET', KEYS[5], ARGV[4], ARGV[1] .. ':' .. ARGV[5])
  redis.call('EXPIRE', KEYS[5], keepSeconds)
end
return { 'counted', tonumber(ARGV[1]), heads, wantedUntil }
