// SPDX-License-Identifier: MIT
//
// strings: makes words from syllables, counts them, sets them in lines, compares and joins the lines. Twin of
// strings.mit.
const size = 40000; // quick: 200 long: 300000

function makeSyllables() {
  const list = { count: 0, items: [null] };
  for (const text of ["ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "wo", "zu", "xe"]) {
    list.count = (list.count + 1) | 0;
    list.items[list.count] = text;
  }
  return list;
}

// Words of one to four syllables, each two letters long.
function makeWriter(seed) {
  const syllables = makeSyllables();
  const self = { seed };
  self.random = (limit) => {
    self.seed = ((self.seed * 1471 + 12345) | 0) % 1000003;
    return ((self.seed / 16) | 0) % limit;
  };
  self.word = () => {
    let text = "";
    const length = (self.random(4) + 1) | 0;
    for (let i = 0; i < length; i++) text = text + syllables.items[self.random(syllables.count) + 1];
    return { text, width: 2 * length };
  };
  return self;
}

// Sets words in lines of at most `width` letters and ends every line with its number.
function typeset(writer, wordCount, width, counts) {
  const lines = { count: 0, items: [null] };
  let line = "";
  let used = 0;
  for (let i = 1; i <= wordCount; i++) {
    const word = writer.word();
    if (counts[word.text] === undefined) counts[word.text] = 0;
    counts[word.text] = (counts[word.text] + 1) | 0;
    if (used + 1 + word.width > width) {
      lines.count = (lines.count + 1) | 0;
      lines.items[lines.count] = line + " | " + lines.count;
      line = word.text;
      used = word.width;
    } else {
      line = line + " " + word.text;
      used = (used + 1 + word.width) | 0;
    }
  }
  return lines;
}

// Joins the lines from `low` to `high` by halves.
function join(items, low, high) {
  if (low === high) return items[low] + "\n";
  const middle = ((low + high) / 2) | 0;
  return join(items, low, middle) + join(items, (middle + 1) | 0, high);
}

// How many words of `writer` are equal to the word before or to one of three given words.
function compare(writer, count) {
  let equal = 0;
  let known = 0;
  let previous = "";
  for (let i = 0; i < count; i++) {
    const text = writer.word().text;
    if (text === previous) equal = (equal + 1) | 0;
    if (text === "ba" || text === "dini" || text === "zu" + "la") known = (known + 1) | 0;
    previous = text;
  }
  return { equal, known };
}

function main(wordCount) {
  for (let round = 1; round <= 10; round++) {
    const counts = {};
    const lines = typeset(makeWriter(round), wordCount, 72, counts);
    const page = join(lines.items, 1, lines.count);
    const again = typeset(makeWriter(round), wordCount, 72, {});
    const verdict = page === join(again.items, 1, again.count) ? "same" : "different";
    const result = compare(makeWriter(round + 100), wordCount);
    console.log("strings: " + lines.count + " lines, " + verdict + ", ba " + counts.ba + ", zu " + counts["zu"]
      + ", repeated " + result.equal + ", known " + result.known);
    console.log(lines.items[lines.count]);
  }
}

main(size);
