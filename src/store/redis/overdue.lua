-- Intents that are older than they should get.
-- KEYS: intents. ARGV: age in milliseconds, how many at most.
local now = redis.call('TIME')
local before = string.format('%d', now[1] * 1000 + math.floor(now[2] / 1000) - ARGV[1])
return redis.call('ZRANGE', KEYS[1], '-inf', before, 'BYSCORE', 'LIMIT', 0, ARGV[2])
