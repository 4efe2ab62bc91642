-- Reads the changes since a serial, for a node that knows the table, whose size grows with the cluster.
-- KEYS[1] leases (sorted set)   KEYS[2] records (hash)   KEYS[3] changes (sorted set)
-- ARGV[1] serial of the last known change
-- Returns { now in milliseconds since 1970, serial of the last change, number of leases,
--           { node number, end of its lease, ... } of lapsed leases, end of the next lease to lapse or '',
--           { node number, signed record, ... } }
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local now = string.format('%d', nowMs)
local last = redis.call('ZREVRANGE', KEYS[3], 0, 0, 'WITHSCORES')
local records = {}
if last[2] and last[2] ~= ARGV[1] then
  for _, nodeNo in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. ARGV[1], '+inf')) do
    local record = redis.call('HGET', KEYS[2], nodeNo)
    if record then
      records[#records + 1] = nodeNo
      records[#records + 1] = record
    end
  end
end
local ended = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'WITHSCORES')
local following = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. now, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
return { nowMs, last[2] or '0', redis.call('ZCARD', KEYS[1]), ended, following[2] or '', records }
