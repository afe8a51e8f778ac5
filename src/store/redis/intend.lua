-- Notes that something may come to stand in the feed.
-- KEYS: intents. ARGV: intent.
local now = redis.call('TIME')
redis.call('ZADD', KEYS[1], string.format('%d', now[1] * 1000 + math.floor(now[2] / 1000)), ARGV[1])
return 1
