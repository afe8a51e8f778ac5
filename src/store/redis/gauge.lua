-- Makes entries in gauges, all or none; or only looks.
-- KEYS: the gauges, sorted sets of members by the time each was seen last.
-- ARGV: now, 1 to make the entries; then for each gauge: member, time, most members, period, 1 when it stays out of a full one.
-- Answers 1 when the entries were made, then for each gauge: members, when the member was seen before, the time of the one
-- that leaves first and makes room; -1 for none.
local now, enters = tonumber(ARGV[1]), ARGV[2] == '1'
local answer = { enters and 1 or 0 }
for i, key in ipairs(KEYS) do
  local at = 3 + (i - 1) * 5
  local member, max, per, enforced = ARGV[at], tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]), ARGV[at + 4]
  local since = '(' .. string.format('%.0f', now - per)
  local used = redis.call('ZCOUNT', key, since, '+inf')
  local before = tonumber(redis.call('ZSCORE', key, member) or -1)
  local counted = before > now - per
  local leaves = -1
  if used >= max then
    leaves = tonumber(redis.call('ZRANGEBYSCORE', key, since, '+inf', 'WITHSCORES', 'LIMIT', used - max, 1)[2] or -1)
    if enforced == '1' and not counted then answer[1] = 0 end
  end
  answer[#answer + 1] = used
  answer[#answer + 1] = before
  answer[#answer + 1] = leaves
end
if answer[1] == 1 then
  for i, key in ipairs(KEYS) do
    local at = 3 + (i - 1) * 5
    local per = tonumber(ARGV[at + 3])
    redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%.0f', now - per))
    redis.call('ZADD', key, 'GT', ARGV[at + 1], ARGV[at])
    redis.call('PEXPIRE', key, per + 60000)
  end
end
return answer
