-- Appends events of one life of a node to the log of an app, each exactly once and in the order of that life. Ids never decrease, even if
-- Redis has lost entries. An entry without an event marks a place where entries may have been lost; events that are appended again follow it.
-- KEYS[1] log (stream)   KEYS[2] state of the log (hash: last, cut, server, mark, loss)   KEYS[3] what the life has appended (hash)
-- ARGV[1] name of the life                       ARGV[2] serial of the event that the first one follows
-- ARGV[3] serial of the last event; without events, the serial that must be in the log
-- ARGV[4] lower bound of ids in milliseconds
-- ARGV[5] milliseconds to keep an event          ARGV[6] how many events are kept
-- ARGV[7...] serial, former id or empty, and JSON of each event
-- Returns { 'gap', serial of the last event in the log }, or { 'appended', id of the first, count, id of the first, count }: the events that
-- were appended by this call, and before them those that the log had; the other ids follow the first. '' and 0 if they are not known.
local last = tonumber(redis.call('HGET', KEYS[3], 'serial') or '0')
if tonumber(ARGV[2]) > last then
  return { 'gap', last }
end
if tonumber(ARGV[3]) <= last then
  -- The reply to an earlier call may have been lost.
  if ARGV[3] ~= redis.call('HGET', KEYS[3], 'serial') then
    return { 'appended', '', 0, '', 0 }
  end
  local reply = redis.call('HMGET', KEYS[3], 'first', 'count', 'formerFirst', 'formerCount')
  return { 'appended', reply[1], tonumber(reply[2]), reply[3] or '', tonumber(reply[4] or '0') }
end

local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local state = redis.call('HMGET', KEYS[2], 'last', 'server', 'mark', 'loss')
local known = state[1] or '0-0'
local lastMs = tonumber(string.match(known, '^(%d+)'))
local lastNo = tonumber(string.match(known, '(%d+)$'))
local ms = math.max(nowMs, lastMs, tonumber(ARGV[4]))

-- A server that was emptied has no state. One that took over, or has started again, has another replication id, and may lack the last
-- entries. The mark comes before anything else is appended, since readers tell by it which ids they have read. If the server does not say
-- its id, only events that come again reveal the loss.
local info = redis.pcall('INFO', 'replication')
local server = type(info) == 'string' and string.match(info, 'master_replid:(%x+)') or ''
local isOther = state[2] and state[2] ~= '' and server ~= '' and state[2] ~= server
local needsMark = not state[1] or isOther
local mark = state[3] or state[4]

-- Events with ids after the last mark were lost since then.
local former = ''
for arg = 7, #ARGV, 3 do
  if tonumber(ARGV[arg]) > last and ARGV[arg + 1] ~= '' then
    former = ARGV[arg + 1]
  end
end
if former ~= '' and not needsMark then
  needsMark = true
  if mark then
    local markMs = tonumber(string.match(mark, '^(%d+)'))
    local formerMs = tonumber(string.match(former, '^(%d+)'))
    needsMark = formerMs > markMs or (formerMs == markMs and string.match(former, '(%d+)$') ~= '0')
  end
end
if needsMark then
  -- This is higher than any id that a node may know, although clocks of machines differ by seconds.
  ms = ms + 5000
  lastMs = ms
  lastNo = 0
  mark = string.format('%d-0', ms)
  redis.call('XADD', KEYS[1], mark, 'm', '1')
  redis.call('HSET', KEYS[2], 'mark', mark)
end
if former ~= '' then
  redis.call('HSET', KEYS[2], 'loss', mark)
end

local no = 0
if ms == lastMs then
  no = lastNo + 1
end
local first = string.format('%d-%d', ms, no)
local count = 0
for arg = 7, #ARGV, 3 do
  if tonumber(ARGV[arg]) > last then
    redis.call('XADD', KEYS[1], string.format('%d-%d', ms, no + count), 'l', ARGV[1], 's', ARGV[arg], 'w', ARGV[arg + 1], 'e', ARGV[arg + 2])
    count = count + 1
  end
end
local keepMs = tonumber(ARGV[5])
redis.call('HSET', KEYS[2], 'last', string.format('%d-%d', ms, no + count - 1), 'server', server)
-- The reply that named the events before may have been lost, with the node that waited for it.
local formerFirst = ''
local formerCount = 0
if tonumber(ARGV[2]) < last then
  local appended = redis.call('HMGET', KEYS[3], 'first', 'count')
  formerFirst = appended[1] or ''
  formerCount = tonumber(appended[2] or '0')
end
redis.call('HSET', KEYS[3], 'serial', ARGV[3], 'first', first, 'count', count, 'formerFirst', formerFirst, 'formerCount', formerCount)

local oldest = string.format('%d-0', nowMs - keepMs)
local old = redis.call('XREVRANGE', KEYS[1], '(' .. oldest, '-', 'COUNT', 1)
if old[1] then
  redis.call('HSET', KEYS[2], 'cut', old[1][1])
  redis.call('XTRIM', KEYS[1], 'MINID', oldest)
end
local excess = redis.call('XLEN', KEYS[1]) - tonumber(ARGV[6])
if excess > 0 then
  local over = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', excess)
  redis.call('HSET', KEYS[2], 'cut', over[#over][1])
  redis.call('XTRIM', KEYS[1], 'MAXLEN', ARGV[6])
end
redis.call('PEXPIRE', KEYS[1], 2 * keepMs)
-- The state is kept longer, so that a client that reconnects late learns whether it missed events.
redis.call('PEXPIRE', KEYS[2], 144 * keepMs)
redis.call('PEXPIRE', KEYS[3], 144 * keepMs)
return { 'appended', first, count, formerFirst, formerCount }
