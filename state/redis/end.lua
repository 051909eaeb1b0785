-- The end of a member, which is dead from now on.
--
-- KEYS  1 the leases
-- ARGV  1 the incarnation
local time = redis.call('TIME')
redis.call('ZADD', KEYS[1], 'XX', string.format('%.0f', time[1] * 1000000 + time[2]), ARGV[1])
return 1
