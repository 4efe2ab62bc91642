-- Reads the log of an app on from an id.
-- KEYS[1] log (stream)     KEYS[2] what is known of the log (hash)
-- ARGV[1] id of the last entry that is known          ARGV[2] how many entries at most
-- Returns { id given last, newest id that is no longer kept, id of the place where something was lost last, entries }; '' for none
local known = redis.call('HMGET', KEYS[2], 'last', 'cut', 'loss')
local entries = {}
if known[1] ~= ARGV[1] then
  entries = redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', ARGV[2])
end
return { known[1] or '', known[2] or '', known[3] or '', entries }
