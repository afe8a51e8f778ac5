-- Takes entries of gauges back.
-- KEYS: the gauges. ARGV: for each: member, the time that it was entered with, when it was seen before (-1: not at all).
for i, key in ipairs(KEYS) do
  local at = 1 + (i - 1) * 3
  local score = redis.call('ZSCORE', key, ARGV[at])
  if score and tonumber(score) == tonumber(ARGV[at + 1]) then
    if ARGV[at + 2] == '-1' then
      redis.call('ZREM', key, ARGV[at])
    else
      redis.call('ZADD', key, ARGV[at + 2], ARGV[at])
    end
  end
end
return 1
