-- One batch of the feed, which keeps an hour, and less where that is too much.
--
-- KEYS  1 the stream
-- ARGV  1 the incarnation that tells, 2 the sealed batch, 3 the most batches, 4 how long they are kept, in milliseconds
local time = redis.call('TIME')
local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], '*', 'from', ARGV[1], 'batch', ARGV[2])
redis.call('XTRIM', KEYS[1], 'MINID', '~', string.format('%.0f', time[1] * 1000 - ARGV[4]))
return id
