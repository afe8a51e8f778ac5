-- One contact with its windows. Reads only.
-- KEYS: contact. ARGV: what the names of its window keys begin with.
-- Answers nothing for an unknown contact, else version, length of the log, its last hash, record, then sender and
-- window for each window that is there.
local stored = redis.call('HMGET', KEYS[1], 'v', 'n', 'h', 'r', 's')
if not stored[1] then
  if redis.call('EXISTS', KEYS[1]) == 1 then
    return redis.error_reply('SGCORRUPT a contact has no version')
  end
  return nil
end
local found = { stored[1], stored[2] or false, stored[3] or false, stored[4] or false }
for sender in string.gmatch(stored[5] or '', '[^,]+') do
  local window = redis.call('GET', ARGV[1] .. sender)
  if window then
    found[#found + 1] = sender
    found[#found + 1] = window
  end
end
return found
