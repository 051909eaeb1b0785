-- One change of a table. It is 1 where it was made, 0 where it was not needed, and -1 where there is no room.
--
-- KEYS  1 the table (hash), 2 what was deleted (sorted set, by when)
-- ARGV  1 `put`, `add` (where there is none and none was deleted) or `delete`, 2 the field, 3 the value, 4 the most fields,
--       5 how long it is known what was deleted, in seconds
local time = redis.call('TIME')
local there = redis.call('HEXISTS', KEYS[1], ARGV[2])
if ARGV[1] == 'delete' then
  redis.call('HDEL', KEYS[1], ARGV[2])
  redis.call('ZADD', KEYS[2], time[1], ARGV[2])
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', time[1] - ARGV[5])
  redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -1 - ARGV[4])
  return 1
end
if ARGV[1] == 'add' and (there == 1 or redis.call('ZSCORE', KEYS[2], ARGV[2])) then return 0 end
if there == 0 and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[4]) then return -1 end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
redis.call('ZREM', KEYS[2], ARGV[2])
return 1
