-- SPDX-License-Identifier: MIT
--
-- tokenizer: cuts a made-up program, an array of one-letter strings, into tokens and evaluates it. Twin of
-- tokenizer.mit.
local size = 2500 -- quick: 20 long: 12000

local function make_text()
  local self = { length = 0, letters = {} }
  self.put = function(letter)
    self.length = self.length + 1
    self.letters[self.length] = letter
  end
  return self
end

-- An array of letters that knows its length.
local function make_alphabet()
  local self = { count = 0, items = {} }
  self.add = function(letter)
    self.count = self.count + 1
    self.items[self.count] = letter
  end
  return self
end

local letters = make_alphabet()
letters.add("a"); letters.add("b"); letters.add("c"); letters.add("d"); letters.add("e"); letters.add("f")
letters.add("x"); letters.add("y"); letters.add("z"); letters.add("_")
local digits = make_alphabet()
digits.add("0"); digits.add("1"); digits.add("2"); digits.add("3"); digits.add("4"); digits.add("5"); digits.add("6")
digits.add("7"); digits.add("8"); digits.add("9")
local operators = make_alphabet()
operators.add("+"); operators.add("-"); operators.add("*")

-- Writes `count` statements like `bc = 17 * (zz + b) - 4; # bc` and returns them as a text.
local function generate(count)
  local text = make_text()
  local state = { seed = 11 }

  local function random(limit)
    state.seed = (state.seed * 1471 + 12345) % 1000003
    return state.seed // 16 % limit
  end
  local function pick(alphabet) return alphabet.items[random(alphabet.count) + 1] end
  local function some(alphabet, most)
    for i = 1, random(most) + 1 do text.put(pick(alphabet)) end
  end
  local function spaces()
    for i = 1, random(3) do text.put(" ") end
  end
  local function expression(depth)
    local terms = random(3) + 1
    while terms > 0 do
      local kind = random(4)
      if kind == 0 then some(digits, 3) end
      if kind == 1 then some(letters, 2) end
      if kind > 1 then
        if depth == 0 then
          some(digits, 2)
        else
          text.put("(")
          expression(depth - 1)
          text.put(")")
        end
      end
      spaces()
      terms = terms - 1
      if terms > 0 then
        text.put(pick(operators))
        spaces()
      end
    end
  end

  while count > 0 do
    some(letters, 2)
    spaces()
    text.put("=")
    spaces()
    expression(2)
    text.put(";")
    if random(8) == 0 then
      text.put("#")
      some(letters, 9)
    end
    text.put("\n")
    count = count - 1
  end
  return text
end

-- The class of each letter: "letter", "digit", "space", or nil for punctuation.
local function make_classes()
  local classes = {}
  local values = {}
  for i = 1, letters.count do classes[letters.items[i]] = "letter" end
  for i = 1, digits.count do
    classes[digits.items[i]] = "digit"
    values[digits.items[i]] = i - 1
  end
  classes[" "] = "space"
  classes["\n"] = "space"
  return { classes = classes, values = values }
end

-- Cuts a text into tokens: a table with the number of tokens, and tokens { kind, text, value }.
local function tokenize(text, tables)
  local tokens = { count = 0, items = {} }
  local classes = tables.classes
  local values = tables.values
  local source = text.letters
  local function add(kind, lexeme, value)
    tokens.count = tokens.count + 1
    tokens.items[tokens.count] = { kind = kind, text = lexeme, value = value }
  end

  local i = 1
  while i <= text.length do
    local letter = source[i]
    local class = classes[letter]
    if class == "letter" then
      local lexeme = ""
      while class == "letter" do
        lexeme = lexeme .. letter
        i = i + 1
        letter = source[i]
        class = classes[letter]
      end
      add("name", lexeme, 0)
    elseif class == "digit" then
      local value = 0
      while class == "digit" do
        value = value * 10 + values[letter]
        i = i + 1
        letter = source[i]
        class = classes[letter]
      end
      add("number", "", value)
    elseif class == "space" then
      i = i + 1
    elseif letter == "#" then
      while letter ~= "\n" do
        i = i + 1
        letter = source[i]
      end
    else
      add(letter, letter, 0)
      i = i + 1
    end
  end
  add("end", "", 0)
  return tokens
end

-- Evaluates the statements; variables start as 1, and every value is kept below 10007.
local function evaluate(tokens)
  local state = { place = 1, variables = {}, statements = 0, errors = 0 }

  local function small(n) return n % 10007 end
  local function next()
    local token = tokens.items[state.place]
    state.place = state.place + 1
    return token
  end
  local function kind() return tokens.items[state.place].kind end
  local function expect(wanted)
    local token = next()
    if token.kind ~= wanted then state.errors = state.errors + 1 end
    return token
  end

  local sum
  local function factor()
    local token = next()
    if token.kind == "number" then return token.value end
    if token.kind == "name" then
      local value = state.variables[token.text]
      if value == nil then return 1 end
      return value
    end
    local value = sum()
    expect(")")
    return value
  end
  local function product()
    local value = factor()
    while kind() == "*" do
      next()
      value = small(value * factor())
    end
    return value
  end
  sum = function()
    local value = product()
    while kind() == "+" or kind() == "-" do
      local token = next()
      if token.kind == "+" then value = small(value + product()) else value = small(value - product()) end
    end
    return value
  end

  while kind() ~= "end" do
    local name = expect("name")
    expect("=")
    local value = sum()
    expect(";")
    state.variables[name.text] = value
    state.statements = state.statements + 1
  end
  return state
end

local function main(statements)
  local text = generate(statements)
  local tables = make_classes()
  print("tokenizer: text of " .. text.length .. " letters")
  for round = 1, 50 do
    local tokens = tokenize(text, tables)
    local result = evaluate(tokens)
    local variables = result.variables
    print("tokenizer: " .. tokens.count .. " tokens, " .. result.statements .. " statements, " .. result.errors
      .. " errors, a = " .. variables.a .. ", b = " .. variables.b .. ", z = " .. variables.z)
  end
end

main(size)
