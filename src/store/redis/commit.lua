-- One write to one contact: compares a version, then sets. What it means was decided before.
-- KEYS: contact, log, payloads, and the feed, or in a cluster what forbids this commit.
-- ARGV: expected version, new version, record, previous length of the log, previous hash, new length, new hash,
--       what is erased (nothing, 'all', or sequences), what window keys begin with, id of the contact, number of entries, number of windows,
--       in a cluster the name of this attempt, else nothing,
--       then sequence, statement, entry, payload for each entry, then sender, last inbound, end for each window.
-- Answers {'known', index, sequence}, {'conflict'} or {'done', position of the last change, or 0}.
local contact, log, payloads, feed, fence = KEYS[1], KEYS[2], KEYS[3], KEYS[4], nil
local attempt = ARGV[13]
if attempt ~= '' then feed, fence = nil, KEYS[4] end
local erase, window_prefix, id = ARGV[8] == 'all', ARGV[9], ARGV[10]
local part = not erase and ARGV[8] or ''
local entries, windows = tonumber(ARGV[11]), tonumber(ARGV[12])
local FIRST = 14

for i = 0, entries - 1 do
  local sequence = redis.call('HGET', log, 's' .. ARGV[FIRST + i * 4 + 1])
  if sequence then return { 'known', i, sequence } end
end

if fence and redis.call('EXISTS', fence) == 1 then return { 'conflict' } end
local stored = redis.call('HMGET', contact, 'v', 'n', 'h', 's')
if not stored[1] and redis.call('EXISTS', contact) == 1 then
  return redis.error_reply('SGCORRUPT a contact has no version')
end
if (stored[1] or '0') ~= ARGV[1] then return { 'conflict' } end
-- A commit without entries does not know the end of the log and leaves it as it is.
if entries > 0 and ((stored[2] or '0') ~= ARGV[4] or (stored[3] or ARGV[5]) ~= ARGV[5]) then return { 'conflict' } end

-- Nothing is undone when a command fails after another one wrote, so whatever can fail is looked at first.
local function is(key, kind)
  local found = redis.call('TYPE', key)['ok']
  return found == kind or found == 'none'
end
if not (is(log, 'hash') and is(payloads, 'hash')) then
  return redis.error_reply('WRONGTYPE a key of a contact is of another type')
end
-- Nothing is wrong with the contact then: a refusal can wait.
if feed and not is(feed, 'stream') then
  return redis.error_reply('SGFEED the key of the feed is of another type than sendgate stores there')
end
local opened = {}
for i = 0, windows - 1 do
  local at = FIRST + entries * 4 + i * 3
  local sender, wrote, ends = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local key = window_prefix .. sender
  if not is(key, 'string') then return redis.error_reply('WRONGTYPE a window is of another type') end
  local known = opened[sender]
  if not known and not erase then
    local value = redis.call('GET', key)
    if value then
      local last, last_end = string.match(value, '^(%d+):(%d+)$')
      if not last then return redis.error_reply('SGCORRUPT a window is no window') end
      known = { tonumber(last), tonumber(last_end), false }
    end
  end
  if not known then
    opened[sender] = { tonumber(wrote), tonumber(ends), true }
  elseif known[1] <= tonumber(wrote) then
    opened[sender] = { tonumber(wrote), math.max(known[2], tonumber(ends)), true }
  else
    opened[sender] = known
  end
end

local position = 0
if feed and entries > 0 and redis.call('EXISTS', feed) == 1 then
  local about = redis.call('XINFO', 'STREAM', feed)
  for i = 1, #about, 2 do
    if about[i] == 'last-generated-id' then position = tonumber(string.match(about[i + 1], '^(%d+)-')) end
  end
end

-- Beyond this numbers are not whole any more.
if position > 9007199254000000 then return redis.error_reply('SGFEED the feed is full') end

-- Nor is anything undone when the user may not run a command: each is first run where there is nothing to change.
local nowhere = payloads .. ':'
if erase then redis.call('DEL', nowhere) end
if part ~= '' then redis.call('HDEL', nowhere, '0') end
if windows > 0 then redis.call('SET', nowhere, '', 'XX') end
if feed and entries > 0 then redis.call('XADD', feed .. ':', 'NOMKSTREAM', '*', 'c', id) end

local length, hash = stored[2] or '0', stored[3] or ''
if entries > 0 then length, hash = ARGV[6], ARGV[7] end
local senders = stored[4] or ''
local kept = senders
if erase then kept = '' end
for sender, window in pairs(opened) do
  if window[3] and not string.find(',' .. kept .. ',', ',' .. sender .. ',', 1, true) then
    if kept == '' then kept = sender else kept = kept .. ',' .. sender end
  end
end

redis.call('HSET', contact, 'v', ARGV[2], 'n', length, 'h', hash, 'r', ARGV[3], 's', kept)
if erase then
  redis.call('DEL', payloads)
  for sender in string.gmatch(senders, '[^,]+') do redis.call('DEL', window_prefix .. sender) end
end
for sequence in string.gmatch(part, '%d+') do redis.call('HDEL', payloads, sequence) end
for sender, window in pairs(opened) do
  if window[3] then
    local key = window_prefix .. sender
    redis.call('SET', key, string.format('%d:%d', window[1], window[2]), 'PXAT', string.format('%d', window[2]))
  end
end
if fence and entries > 0 then redis.call('HSET', log, 'w' .. ARGV[FIRST], attempt) end
for i = 0, entries - 1 do
  local at = FIRST + i * 4
  local sequence, statement, entry, payload = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  redis.call('HSET', log, sequence, entry, 's' .. statement, sequence)
  if payload ~= '' then redis.call('HSET', payloads, sequence, payload) end
  if feed then
    position = position + 1
    redis.call('XADD', feed, string.format('%d-0', position), 'c', id, 's', sequence)
  end
end
return { 'done', position }
