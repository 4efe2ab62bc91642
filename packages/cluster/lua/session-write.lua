-- Writes the changes of a session, or all of it. The owning life writes with increasing revisions. A gap in the revisions shows that
-- Redis has lost writes, and stays visible until the owner has written everything again.
-- KEYS[1] session (hash)   KEYS[2] tracks (hash)   KEYS[3] index (sorted set)   KEYS[4] last serial (text)
-- KEYS[5] sessions owned by the life (set)         KEYS[6] last revision of the life (text)
-- ARGV[1] session id       ARGV[2] node number     ARGV[3] epoch
-- ARGV[4] revision of this write                   ARGV[5] newest revision that Redis has confirmed
-- ARGV[6] serial of the session; 0 for none        ARGV[7] 'whole': removes tracks that are not listed; 'part': keeps them
-- ARGV[8] session record; empty if unchanged       ARGV[9] number of tracks that follow
-- ARGV[10...] publication id and record of each track, then publication ids of removed tracks
-- Returns { 'stale', the newer epoch }, { 'lost', 0 } if a part was written and the session is missing,
--   or { 'written' or 'behind', serial }; 'behind' if confirmed revisions are missing
local owner = redis.call('HGET', KEYS[1], 'life')
if owner then
  local nodeNo, epoch = string.match(owner, '^(%d+):(%d+)$')
  if nodeNo == ARGV[2] and tonumber(epoch) > tonumber(ARGV[3]) then
    return { 'stale', epoch }
  end
elseif ARGV[8] == '' then
  return { 'lost', '0' }
end

local life = ARGV[2] .. ':' .. ARGV[3]
local serial = redis.call('HGET', KEYS[1], 'serial')
if not serial then
  serial = ARGV[6]
  if serial == '0' or redis.call('ZCOUNT', KEYS[3], serial, serial) > 0 then
    -- The serial increases with time, so that cursors stay valid if Redis has lost the last one.
    local time = redis.call('TIME')
    local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
    serial = string.format('%d', math.max(tonumber(redis.call('GET', KEYS[4]) or '0') + 1, nowMs))
    redis.call('SET', KEYS[4], serial)
  end
end
redis.call('ZADD', KEYS[3], serial, ARGV[1])
redis.call('SADD', KEYS[5], ARGV[1])
redis.call('HSET', KEYS[1], 'life', life, 'serial', serial)
if ARGV[8] ~= '' then
  redis.call('HSET', KEYS[1], 'record', ARGV[8])
end

if ARGV[7] == 'whole' then
  redis.call('DEL', KEYS[2])
end
local nextArg = 10
for _ = 1, tonumber(ARGV[9]) do
  redis.call('HSET', KEYS[2], ARGV[nextArg], ARGV[nextArg + 1])
  nextArg = nextArg + 2
end
for arg = nextArg, #ARGV do
  redis.call('HDEL', KEYS[2], ARGV[arg])
end

local last = tonumber(redis.call('GET', KEYS[6]) or '0')
if last < tonumber(ARGV[5]) then
  return { 'behind', serial }
end
redis.call('SET', KEYS[6], string.format('%d', math.max(last, tonumber(ARGV[4]))))
return { 'written', serial }
