-- Removes sessions that a dead life has left behind. One that a newer life has written since stays.
-- KEYS[1] index (sorted set)   KEYS[2] sessions owned by the life (set)   KEYS[3] last revision of the life (text)
-- KEYS[4...] session (hash) and tracks (hash) of each
-- ARGV[1] the life             ARGV[2...] session ids, in the order of the keys
-- Returns how many sessions are gone
-- Should the life be alive after all, it finds its revisions missing and writes everything again.
redis.call('DEL', KEYS[3])
local removed = 0
for arg = 2, #ARGV do
  local session, tracks = KEYS[2 * arg], KEYS[2 * arg + 1]
  if redis.call('HGET', session, 'life') == ARGV[1] then
    redis.call('DEL', session, tracks)
    redis.call('ZREM', KEYS[1], ARGV[arg])
    removed = removed + 1
  end
  redis.call('SREM', KEYS[2], ARGV[arg])
end
return removed
