// SPDX-License-Identifier: MIT
//
// tokenizer: cuts a made-up program, an array of one-letter strings, into tokens and evaluates it. Twin of
// tokenizer.mit.
const size = 2500; // quick: 20 long: 12000

function makeText() {
  const self = { length: 0, letters: [null] };
  self.put = (letter) => {
    self.length = (self.length + 1) | 0;
    self.letters[self.length] = letter;
  };
  return self;
}

// An array of letters that knows its length.
const makeAlphabet = (letters) => ({ count: letters.length, items: [null, ...letters] });
const letters = makeAlphabet("abcdefxyz_");
const digits = makeAlphabet("0123456789");
const operators = makeAlphabet("+-*");

// Writes `count` statements like `bc = 17 * (zz + b) - 4; # bc` and returns them as a text.
function generate(count) {
  const text = makeText();
  const state = { seed: 11 };

  const random = (limit) => {
    state.seed = ((state.seed * 1471 + 12345) | 0) % 1000003;
    return ((state.seed / 16) | 0) % limit;
  };
  const pick = (alphabet) => alphabet.items[random(alphabet.count) + 1];
  const some = (alphabet, most) => {
    for (let length = random(most) + 1; length > 0; length--) text.put(pick(alphabet));
  };
  const spaces = () => {
    for (let i = random(3); i > 0; i--) text.put(" ");
  };
  const expression = (depth) => {
    let terms = random(3) + 1;
    while (terms > 0) {
      const kind = random(4);
      if (kind === 0) some(digits, 3);
      if (kind === 1) some(letters, 2);
      if (kind > 1) {
        if (depth === 0) {
          some(digits, 2);
        } else {
          text.put("(");
          expression(depth - 1);
          text.put(")");
        }
      }
      spaces();
      terms--;
      if (terms > 0) {
        text.put(pick(operators));
        spaces();
      }
    }
  };

  for (; count > 0; count--) {
    some(letters, 2);
    spaces();
    text.put("=");
    spaces();
    expression(2);
    text.put(";");
    if (random(8) === 0) {
      text.put("#");
      some(letters, 9);
    }
    text.put("\n");
  }
  return text;
}

// The class of each letter: "letter", "digit", "space", or undefined for punctuation.
function makeClasses() {
  const classes = {};
  const values = {};
  for (let i = 1; i <= letters.count; i++) classes[letters.items[i]] = "letter";
  for (let i = 1; i <= digits.count; i++) {
    classes[digits.items[i]] = "digit";
    values[digits.items[i]] = i - 1;
  }
  classes[" "] = "space";
  classes["\n"] = "space";
  return { classes, values };
}

// Cuts a text into tokens: an object with the number of tokens, and tokens { kind, text, value }.
function tokenize(text, tables) {
  const tokens = { count: 0, items: [null] };
  const classes = tables.classes;
  const values = tables.values;
  const source = text.letters;
  const add = (kind, lexeme, value) => {
    tokens.count = (tokens.count + 1) | 0;
    tokens.items[tokens.count] = { kind, text: lexeme, value };
  };

  let i = 1;
  while (i <= text.length) {
    let letter = source[i];
    let kind = classes[letter];
    if (kind === "letter") {
      let lexeme = "";
      while (kind === "letter") {
        lexeme = lexeme + letter;
        letter = source[++i];
        kind = classes[letter];
      }
      add("name", lexeme, 0);
    } else if (kind === "digit") {
      let value = 0;
      while (kind === "digit") {
        value = (value * 10 + values[letter]) | 0;
        letter = source[++i];
        kind = classes[letter];
      }
      add("number", "", value);
    } else if (kind === "space") {
      i++;
    } else if (letter === "#") {
      while (letter !== "\n") letter = source[++i];
    } else {
      add(letter, letter, 0);
      i++;
    }
  }
  add("end", "", 0);
  return tokens;
}

// Evaluates the statements; variables start as 1, and every value is kept below 10007.
function evaluate(tokens) {
  const state = { place: 1, variables: {}, statements: 0, errors: 0 };

  const small = (n) => {
    n %= 10007;
    return n < 0 ? (n + 10007) | 0 : n;
  };
  const next = () => tokens.items[state.place++];
  const kind = () => tokens.items[state.place].kind;
  const expect = (wanted) => {
    const token = next();
    if (token.kind !== wanted) state.errors++;
    return token;
  };

  const factor = () => {
    const token = next();
    if (token.kind === "number") return token.value;
    if (token.kind === "name") {
      const value = state.variables[token.text];
      return value === undefined ? 1 : value;
    }
    const value = sum();
    expect(")");
    return value;
  };
  const product = () => {
    let value = factor();
    while (kind() === "*") {
      next();
      value = small(Math.imul(value, factor()));
    }
    return value;
  };
  const sum = () => {
    let value = product();
    while (kind() === "+" || kind() === "-") {
      const token = next();
      value = token.kind === "+" ? small((value + product()) | 0) : small((value - product()) | 0);
    }
    return value;
  };

  while (kind() !== "end") {
    const name = expect("name");
    expect("=");
    const value = sum();
    expect(";");
    state.variables[name.text] = value;
    state.statements++;
  }
  return state;
}

function main(statements) {
  const text = generate(statements);
  const tables = makeClasses();
  console.log("tokenizer: text of " + text.length + " letters");
  for (let round = 1; round <= 50; round++) {
    const tokens = tokenize(text, tables);
    const result = evaluate(tokens);
    const variables = result.variables;
    console.log("tokenizer: " + tokens.count + " tokens, " + result.statements + " statements, " + result.errors
      + " errors, a = " + variables.a + ", b = " + variables.b + ", z = " + variables.z);
  }
}

main(size);
