-- Replaces the record of an app, unless another node has replaced it since it was read.
-- KEYS[1] record of the app (text)
-- ARGV[1] the record as last read; empty if there was none   ARGV[2] the new record   ARGV[3] milliseconds to keep it
-- Returns 1 if the new record is stored
local stored = redis.pcall('GET', KEYS[1])
-- A value that is not text was not written by a node and may be replaced.
if type(stored) == 'string' and stored ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
