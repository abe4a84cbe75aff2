-- SPDX-License-Identifier: MIT
--
-- strings: makes words from syllables, counts them, sets them in lines, compares and joins the lines. Twin of
-- strings.mit.
local size = 40000 -- quick: 200 long: 300000

local function make_syllables()
  local list = { count = 0, items = {} }
  local function put(text)
    list.count = list.count + 1
    list.items[list.count] = text
  end
  put("ba"); put("ce"); put("di"); put("fo"); put("gu"); put("la"); put("me"); put("ni")
  put("po"); put("ru"); put("sa"); put("te"); put("vi"); put("wo"); put("zu"); put("xe")
  return list
end

-- Words of one to four syllables, each two letters long.
local function make_writer(seed)
  local syllables = make_syllables()
  local self = { seed = seed }
  self.random = function(limit)
    self.seed = (self.seed * 1471 + 12345) % 1000003
    return self.seed // 16 % limit
  end
  self.word = function()
    local text = ""
    local length = self.random(4) + 1
    for i = 1, length do
      text = text .. syllables.items[self.random(syllables.count) + 1]
    end
    return { text = text, width = 2 * length }
  end
  return self
end

-- Sets words in lines of at most `width` letters and ends every line with its number.
local function typeset(writer, word_count, width, counts)
  local lines = { count = 0, items = {} }
  local line = ""
  local used = 0
  for i = 1, word_count do
    local word = writer.word()
    if counts[word.text] == nil then counts[word.text] = 0 end
    counts[word.text] = counts[word.text] + 1
    if used + 1 + word.width > width then
      lines.count = lines.count + 1
      lines.items[lines.count] = line .. " | " .. lines.count
      line = word.text
      used = word.width
    else
      line = line .. " " .. word.text
      used = used + 1 + word.width
    end
  end
  return lines
end

-- Joins the lines from `low` to `high` by halves.
local function join(items, low, high)
  if low == high then return items[low] .. "\n" end
  local middle = (low + high) // 2
  return join(items, low, middle) .. join(items, middle + 1, high)
end

-- How many words of `writer` are equal to the word before or to one of three given words.
local function compare(writer, count)
  local equal = 0
  local known = 0
  local previous = ""
  for i = 1, count do
    local word = writer.word()
    local text = word.text
    if text == previous then equal = equal + 1 end
    if text == "ba" or text == "dini" or text == "zu" .. "la" then known = known + 1 end
    previous = text
  end
  return { equal = equal, known = known }
end

local function main(word_count)
  for round = 1, 10 do
    local counts = {}
    local lines = typeset(make_writer(round), word_count, 72, counts)
    local page = join(lines.items, 1, lines.count)
    local again = typeset(make_writer(round), word_count, 72, {})
    local verdict
    if page == join(again.items, 1, again.count) then verdict = "same" else verdict = "different" end
    local result = compare(make_writer(round + 100), word_count)
    print("strings: " .. lines.count .. " lines, " .. verdict .. ", ba " .. counts.ba .. ", zu " .. counts["zu"]
      .. ", repeated " .. result.equal .. ", known " .. result.known)
    print(lines.items[lines.count])
  end
end

main(size)
