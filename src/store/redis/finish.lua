-- Puts what was intended into the feed, or forgets it; each intent once, however many try.
-- KEYS: feed, intents. ARGV: intent, contact, first sequence, count; a count of 0 forgets it.
-- Answers the position of the last change, or 0.
local position, count = 0, tonumber(ARGV[4])
if count == 0 then
  redis.call('ZREM', KEYS[2], ARGV[1])
  return 0
end
if not redis.call('ZSCORE', KEYS[2], ARGV[1]) then return 0 end
if redis.call('EXISTS', KEYS[1]) == 1 then
  local about = redis.call('XINFO', 'STREAM', KEYS[1])
  for i = 1, #about, 2 do
    if about[i] == 'last-generated-id' then position = tonumber(string.match(about[i + 1], '^(%d+)-')) end
  end
end
-- Refused before anything is forgotten, if the user may not.
redis.call('XADD', KEYS[1] .. ':', 'NOMKSTREAM', '*', 'c', ARGV[2])
redis.call('ZREM', KEYS[2], ARGV[1])
for i = 0, count - 1 do
  position = position + 1
  redis.call('XADD', KEYS[1], string.format('%d-0', position), 'c', ARGV[2], 's', string.format('%d', ARGV[3] + i))
end
return position
