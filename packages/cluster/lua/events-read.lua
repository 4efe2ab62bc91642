-- Reads the log of an app from an id on.
-- KEYS[1] log (stream)     KEYS[2] state of the log (hash)
-- ARGV[1] id of the last known entry                  ARGV[2] maximum number of entries
-- Returns { newest id, newest id that is no longer kept, id of the latest loss, entries }; '' for none
local known = redis.call('HMGET', KEYS[2], 'last', 'cut', 'loss')
local entries = {}
if known[1] ~= ARGV[1] then
  entries = redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', ARGV[2])
end
return { known[1] or '', known[2] or '', known[3] or '', entries }
