-- Finds out for good whether an attempt was written; if it was not, it never will be.
-- KEYS: log, what forbids the attempt. ARGV: first sequence, attempt, how long to forbid it, in milliseconds.
if redis.call('HGET', KEYS[1], 'w' .. ARGV[1]) == ARGV[2] then return 1 end
redis.call('SET', KEYS[2], '', 'PX', ARGV[3])
return 0
