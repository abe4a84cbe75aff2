// SPDX-License-Identifier: MIT
//
// circuit: event-driven simulation of digital logic, a 16-bit ripple-carry adder. Twin of circuit.mit.
const size = 5000; // quick: 5 long: 40000

// The agenda: segments in order of time, each with a queue of actions.
function makeAgenda() {
  const self = { now: 0, segments: null, events: 0 };

  const newSegment = (time, action, next) => {
    const item = { action, next: null };
    return { time, first: item, last: item, next };
  };

  self.after = (delay, action) => {
    const time = (self.now + delay) | 0;
    let previous = null;
    let segment = self.segments;
    while (segment !== null && segment.time < time) {
      previous = segment;
      segment = segment.next;
    }
    if (segment !== null && segment.time === time) {
      const item = { action, next: null };
      segment.last.next = item;
      segment.last = item;
    } else {
      segment = newSegment(time, action, segment);
      if (previous === null) self.segments = segment;
      else previous.next = segment;
    }
  };

  self.run = () => {
    while (self.segments !== null) {
      const segment = self.segments;
      self.now = segment.time;
      for (let item = segment.first; item !== null; item = item.next) {
        self.events = (self.events + 1) | 0;
        item.action();
      }
      self.segments = segment.next;
    }
  };
  return self;
}

// A wire holds 0 or 1 and calls its listeners when that changes.
function makeWire() {
  const self = { signal: 0, listeners: null };
  self.set = (signal) => {
    if (signal !== self.signal) {
      self.signal = signal;
      for (let listener = self.listeners; listener !== null; listener = listener.next) listener.notify();
    }
  };
  self.listen = (notify) => {
    self.listeners = { notify, next: self.listeners };
    notify();
  };
  return self;
}

function makeGates(agenda) {
  const invert = (input, output) => {
    input.listen(() => {
      const value = (1 - input.signal) | 0;
      agenda.after(2, () => output.set(value));
    });
  };

  // A gate with two inputs: `logic` computes the output.
  const binary = (logic, delay) => (a, b, output) => {
    const notify = () => {
      const value = logic(a.signal, b.signal);
      agenda.after(delay, () => output.set(value));
    };
    a.listen(notify);
    b.listen(notify);
  };

  const self = {
    invert,
    both: binary((a, b) => Math.imul(a, b), 3),
    either: binary((a, b) => (a + b - a * b) | 0, 5),
  };

  self.halfAdder = (a, b, sum, carry) => {
    const any = makeWire();
    const notBoth = makeWire();
    self.either(a, b, any);
    self.both(a, b, carry);
    self.invert(carry, notBoth);
    self.both(any, notBoth, sum);
  };

  self.fullAdder = (a, b, carryIn, sum, carryOut) => {
    const partial = makeWire();
    const carry1 = makeWire();
    const carry2 = makeWire();
    self.halfAdder(b, carryIn, partial, carry1);
    self.halfAdder(a, partial, sum, carry2);
    self.either(carry1, carry2, carryOut);
  };
  return self;
}

function makeBus(width) {
  const wires = [null];
  for (let i = 1; i <= width; i++) wires[i] = makeWire();
  return {
    write: (number) => {
      for (let i = 1; i <= width; i++) {
        const half = (number / 2) | 0;
        wires[i].set((number - half * 2) | 0);
        number = half;
      }
    },
    read: () => {
      let number = 0;
      for (let i = width; i >= 1; i--) number = (number * 2 + wires[i].signal) | 0;
      return number;
    },
    wires,
  };
}

function main(rounds) {
  const width = 16;
  const agenda = makeAgenda();
  const gates = makeGates(agenda);
  const a = makeBus(width);
  const b = makeBus(width);
  const sum = makeBus(width);
  let carry = makeWire();
  for (let i = 1; i <= width; i++) {
    const nextCarry = makeWire();
    gates.fullAdder(a.wires[i], b.wires[i], carry, sum.wires[i], nextCarry);
    carry = nextCarry;
  }
  agenda.run();
  let checksum = 0;
  let wrong = 0;
  let x = 1;
  let y = 7;
  for (let round = 0; round < rounds; round++) {
    x = ((x * 75 + 74) | 0) % 32749;
    y = ((y * 91 + 13) | 0) % 32719;
    a.write(x);
    b.write(y);
    agenda.run();
    if (sum.read() !== ((x + y) | 0)) wrong = (wrong + 1) | 0;
    checksum = ((checksum * 7 + sum.read()) | 0) % 99991;
  }
  console.log("circuit: checksum " + checksum + ", wrong " + wrong + ", events " + agenda.events + ", time "
    + agenda.now);
}

main(size);
