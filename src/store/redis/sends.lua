-- Writes what limits count of one person, by compare-and-set.
-- KEYS: the record. ARGV: the tag that it has (empty: there is none), the new record (empty: forget it), its end.
-- Answers 1, or the record that is there.
local stored = redis.call('GET', KEYS[1]) or ''
if string.sub(stored, 1, 8) ~= ARGV[1] then return stored end
if ARGV[2] == '' then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
end
return 1
