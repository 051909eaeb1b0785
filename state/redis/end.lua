-- The end of a member, which is dead from now on.
--
-- KEYS  1 the leases, 2 the records
-- ARGV  1 the incarnation, 2 its last record
local time = redis.call('TIME')
redis.call('ZADD', KEYS[1], 'XX', string.format('%.0f', time[1] * 1000000 + time[2]), ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
return 1
