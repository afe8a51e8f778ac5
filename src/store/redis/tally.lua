-- Counts what happened to messages of one sender, each status of a message once: all of it or nothing.
-- KEYS: what the keys of messages and those of counts begin with, up to the generation and the hour.
-- ARGV: newest and oldest generation that is looked at, the one that is written to and its end, most fields of an hour's key,
--       number of marks, then for each: shard, message, bits, place of a failure's counter, hour, slot, end of the hour's key,
--       template, method (each may be empty).
-- Answers the bits of each mark that are new.
local messages, counts = KEYS[1], KEYS[2]
local newest, oldest, written, ends = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[4]
local fields_max, marks = tonumber(ARGV[5]), tonumber(ARGV[6])
local FIRST, WIDTH = 7, 9
-- Which counter a bit adds to; a failure names its own.
local PLACES = { [0] = '0', '1', '2', false, '3', '4' }

local known, shards, fresh, adds, hour_ends = {}, {}, {}, {}, {}
for i = 0, marks - 1 do
  local at = FIRST + i * WIDTH
  local shard, message, bits = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2])
  local seen = known[message]
  if not seen then
    seen = 0
    for generation = newest, oldest, -1 do
      local found = redis.call('HGET', string.format('%s%d:%s', messages, generation, shard), message)
      if found then
        if not tonumber(found) then return redis.error_reply('SGCORRUPT the statuses of a message are none') end
        seen = bit.bor(seen, tonumber(found))
      end
    end
  end
  local new = bit.band(bits, bit.bnot(seen))
  fresh[i + 1] = new
  known[message] = bit.bor(seen, bits)
  if new ~= 0 then
    shards[message] = shard
    local hour = counts .. ARGV[at + 4]
    if not adds[hour] then
      local kind = redis.call('TYPE', hour)['ok']
      if kind ~= 'hash' and kind ~= 'none' then
        return redis.error_reply('WRONGTYPE counts of a sender are of another type')
      end
      adds[hour], hour_ends[hour] = {}, ARGV[at + 6]
    end
    local add = adds[hour]
    for place = 0, 5 do
      if bit.band(new, bit.lshift(1, place)) ~= 0 then
        local counter = PLACES[place] or ARGV[at + 3]
        local names = { ARGV[at + 5] .. '.' .. counter }
        if ARGV[at + 7] ~= '' then names[#names + 1] = 't' .. counter .. '.' .. ARGV[at + 7] end
        if ARGV[at + 8] ~= '' then names[#names + 1] = 'm' .. counter .. '.' .. ARGV[at + 8] end
        for _, name in ipairs(names) do add[name] = (add[name] or 0) + 1 end
      end
    end
  end
end

-- Nothing is undone when a command fails after another one wrote. So what is stored is looked at first, and every command but
-- the one that writes first is run where there is nothing to change. Numbers are set, not added to: whether what is there
-- is one is known then.
local sums, is_news = {}, false
for hour, add in pairs(adds) do
  is_news = true
  local sum, fields = {}, redis.call('HLEN', hour)
  for name, more in pairs(add) do
    local stored = redis.call('HGET', hour, name)
    local split = string.match(name, '^([tm]%d+%.)')
    if split and not stored and fields >= fields_max then
      name = split .. '*'
      stored = not sum[name] and redis.call('HGET', hour, name)
    end
    if stored and not string.match(stored, '^%d+$') then
      return redis.error_reply('SGCORRUPT a count of a sender is no number')
    end
    if not stored and not sum[name] then fields = fields + 1 end
    sum[name] = (sum[name] or tonumber(stored or 0)) + more
  end
  sums[hour] = sum
end
if not is_news then return fresh end
redis.call('PEXPIREAT', messages .. ':', ends)

-- What is known of a message comes before the counts: interrupted in between, it counts too little rather than twice.
local kept = {}
for message, shard in pairs(shards) do
  local key = messages .. written .. ':' .. shard
  redis.call('HSET', key, message, known[message])
  if not kept[key] then
    kept[key] = true
    redis.call('PEXPIREAT', key, ends)
  end
end
for hour, sum in pairs(sums) do
  for name, count in pairs(sum) do redis.call('HSET', hour, name, string.format('%d', count)) end
  redis.call('PEXPIREAT', hour, hour_ends[hour])
end
return fresh
