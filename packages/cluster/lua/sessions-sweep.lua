-- Removes the sessions of a dead life, except those that a newer life has written since.
-- KEYS[1] index (sorted set)   KEYS[2] sessions owned by the life (set)   KEYS[3] last revision of the life (text)
-- KEYS[4...] session (hash) and tracks (hash) of each
-- ARGV[1] the life             ARGV[2...] session ids, in the order of the keys
-- Returns the number of removed sessions
-- If the life is alive after all, it notices that its revisions are missing and writes everything again.
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
