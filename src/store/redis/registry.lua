-- Writes one registry row by compare-and-set.
-- KEYS: registry. ARGV: row, expected version, new version, value, field and name of the new state. A row is "version:value".
local stored = redis.call('HGET', KEYS[1], ARGV[1])
local version = '0'
if stored then
  version = string.match(stored, '^(%d+):')
  if not version then return redis.error_reply('SGCORRUPT a registry row has no version') end
end
if version ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3] .. ':' .. ARGV[4], ARGV[5], ARGV[6])
return 1
