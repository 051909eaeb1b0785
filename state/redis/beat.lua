-- A sign of life of one member, and what it sees: the clock, the epoch, and for each member its incarnation, the end of its lease and its record,
-- which is empty for one that is dead unless all are asked for. Times are microseconds of this server's clock.
--
-- KEYS  1 the epoch, 2 the leases (sorted set), 3 the records (hash)
-- ARGV  1 the incarnation; empty: one that only looks, 2 its record, 3 the lease, 4 the most members, 5 `all` records or those of the `living`
local function text(n) return string.format('%.0f', n) end
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

local epoch = redis.call('GET', KEYS[1]) or ''
if ARGV[1] ~= '' then
  if epoch == '' then
    epoch = text(now)
    redis.call('SET', KEYS[1], epoch)
  end
  redis.call('ZADD', KEYS[2], text(now + ARGV[3]), ARGV[1])
  redis.call('HSET', KEYS[3], ARGV[1], ARGV[2])
  local gone = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', text(now - 86400000000))
  local many = redis.call('ZCARD', KEYS[2]) - ARGV[4]
  if many > #gone then gone = redis.call('ZRANGE', KEYS[2], 0, many - 1) end
  for _, old in ipairs(gone) do
    redis.call('ZREM', KEYS[2], old)
    redis.call('HDEL', KEYS[3], old)
  end
end

local reply = {text(now), epoch}
local all = redis.call('ZRANGE', KEYS[2], 0, -1, 'WITHSCORES')
for i = 1, #all, 2 do
  local ends = tonumber(all[i + 1])
  local record = ''
  if ARGV[5] == 'all' or ends > now then record = redis.call('HGET', KEYS[3], all[i]) or '' end
  reply[#reply + 1] = all[i]
  reply[#reply + 1] = text(ends)
  reply[#reply + 1] = record
end
return reply
