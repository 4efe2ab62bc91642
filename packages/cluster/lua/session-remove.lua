-- Removes a session and its tracks, unless a newer life of its node has written it.
-- KEYS[1] session (hash)   KEYS[2] tracks (hash)   KEYS[3] index (sorted set)
-- KEYS[4] sessions owned by the life (set)         KEYS[5] last revision of the life (text)
-- ARGV[1] session id       ARGV[2] node number     ARGV[3] epoch
-- ARGV[4] revision of this write                   ARGV[5] newest revision that Redis has confirmed
-- Returns { 'stale', the newer epoch }, or { 'written' or 'behind', 0 } as session-write does
local owner = redis.call('HGET', KEYS[1], 'life')
if owner then
  local nodeNo, epoch = string.match(owner, '^(%d+):(%d+)$')
  if nodeNo == ARGV[2] and tonumber(epoch) > tonumber(ARGV[3]) then
    return { 'stale', epoch }
  end
end
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('SREM', KEYS[4], ARGV[1])
local last = tonumber(redis.call('GET', KEYS[5]) or '0')
if last < tonumber(ARGV[5]) then
  return { 'behind', '0' }
end
redis.call('SET', KEYS[5], string.format('%d', math.max(last, tonumber(ARGV[4]))))
return { 'written', '0' }
