-- Records what a life has used of an app's quota, and leases it a slice of what is left.
-- KEYS[1] usage, grant and time of the last draw of each life (hash: u:, g:, t: and life), and the highest percentage passed (p)
-- ARGV[1] name of the life      ARGV[2] quota in bytes   ARGV[3] bytes that the life has used
-- ARGV[4] slice in bytes        ARGV[5] milliseconds that a slice is reserved for a silent life
-- ARGV[6] seconds to keep all this
-- Returns { bytes granted to the life, bytes used by all lives, percentage passed before, percentage passed now }
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local life = ARGV[1]
local quota = tonumber(ARGV[2])
local known = {}
local fields = redis.call('HGETALL', KEYS[1])
for index = 1, #fields, 2 do
  known[fields[index]] = tonumber(fields[index + 1])
end
local used = math.max(tonumber(ARGV[3]), known['u:' .. life] or 0)
local held = math.max(used, known['g:' .. life] or 0)
local total = used
local taken = held
for index = 1, #fields, 2 do
  local value = tonumber(fields[index + 1])
  local field = fields[index]
  local other = string.match(field, '^u:(%d+:%d+)$')
  if other and other ~= life then
    total = total + value
    if nowMs - (known['t:' .. other] or 0) < tonumber(ARGV[5]) then
      taken = taken + math.max(value, known['g:' .. other] or 0)
    else
      taken = taken + value
    end
  end
end
local granted = held + math.max(0, math.min(used + tonumber(ARGV[4]) - held, quota - taken))
local before = known['p'] or 0
local passed = math.max(before, math.floor(100 * total / quota))
redis.call('HSET', KEYS[1], 'u:' .. life, string.format('%d', used), 'g:' .. life, string.format('%d', granted), 't:' .. life,
  string.format('%d', nowMs), 'p', string.format('%d', passed))
redis.call('EXPIRE', KEYS[1], ARGV[6])
return { string.format('%d', granted), string.format('%d', total), before, passed }
