// SPDX-License-Identifier: MIT
//
// scheduler: the kernel of a small operating system, after Martin Richards's benchmark. Twin of scheduler.mit.
const size = 40; // quick: 1 long: 300

// Task numbers.
const IDLE = 1;
const WORKER = 2;
const HANDLER_A = 3;
const HANDLER_B = 4;
const DEVICE_A = 5;
const DEVICE_B = 6;

// Kinds of packets.
const DEVICE_PACKET = 1;
const WORK_PACKET = 2;

const makePacket = (link, id, kind) => ({ link, id, kind, datum: 1, data: [0, 0, 0, 0, 0] });

// Appends a packet to a queue and returns the queue's head.
function append(packet, queue) {
  packet.link = null;
  if (queue === null) return packet;
  let last = queue;
  while (last.link !== null) last = last.link;
  last.link = packet;
  return queue;
}

function makeScheduler() {
  const self = { tasks: null, table: [null], current: null, currentId: 0, queued: 0, holds: 0 };

  // A task is `suspended` while it waits for a packet, and `held` until another task releases it.
  self.add = (id, priority, queue, suspended, body) => {
    const task = { link: self.tasks, id, priority, queue, suspended, held: false, body };
    self.tasks = task;
    self.table[id] = task;
  };

  self.run = () => {
    self.current = self.tasks;
    while (self.current !== null) {
      const task = self.current;
      if (task.held || (task.suspended && task.queue === null)) {
        self.current = task.link;
      } else {
        let packet = null;
        if (task.suspended) {
          packet = task.queue;
          task.queue = packet.link;
          task.suspended = false;
        }
        self.currentId = task.id;
        self.current = task.body.run(packet);
      }
    }
  };

  // The task that should run next when `task` has become ready.
  self.prefer = (task) => (task.priority > self.current.priority ? task : self.current);

  self.release = (id) => {
    const task = self.table[id];
    task.held = false;
    return self.prefer(task);
  };

  self.hold = () => {
    self.holds = (self.holds + 1) | 0;
    self.current.held = true;
    return self.current.link;
  };

  self.wait = () => {
    self.current.suspended = true;
    return self.current;
  };

  // Sends a packet to the task it names; the packet then names the sender.
  self.send = (packet) => {
    const task = self.table[packet.id];
    self.queued = (self.queued + 1) | 0;
    packet.link = null;
    packet.id = self.currentId;
    if (task.queue === null) {
      task.queue = packet;
      return self.prefer(task);
    }
    task.queue = append(packet, task.queue);
    return self.current;
  };
  return self;
}

// Releases one of the two devices, chosen by a pseudo-random sequence, `count` times.
function makeIdle(scheduler, count) {
  const self = { seed: 1, count };
  self.run = (packet) => {
    self.count = (self.count - 1) | 0;
    if (self.count === 0) return scheduler.hold();
    self.seed = ((self.seed * 171 + 11213) | 0) % 53125;
    return scheduler.release(self.seed < 26562 ? DEVICE_A : DEVICE_B);
  };
  return self;
}

// Fills work packets with letters and sends them to the two handlers in turn.
function makeWorker(scheduler) {
  const self = { target: HANDLER_A, letter: 0 };
  self.run = (packet) => {
    if (packet === null) return scheduler.wait();
    self.target = self.target === HANDLER_A ? HANDLER_B : HANDLER_A;
    packet.id = self.target;
    packet.datum = 1;
    for (let i = 1; i <= 4; i++) {
      self.letter = (self.letter + 1) | 0;
      if (self.letter > 26) self.letter = 1;
      packet.data[i] = self.letter;
    }
    return scheduler.send(packet);
  };
  return self;
}

// Gives the letters of each work packet, one by one, to device packets, and sends the empty packet back.
function makeHandler(scheduler) {
  const self = { work: null, devices: null };
  self.run = (packet) => {
    if (packet !== null) {
      if (packet.kind === WORK_PACKET) self.work = append(packet, self.work);
      else self.devices = append(packet, self.devices);
    }
    const work = self.work;
    if (work !== null) {
      if (work.datum > 4) {
        self.work = work.link;
        return scheduler.send(work);
      }
      const device = self.devices;
      if (device !== null) {
        self.devices = device.link;
        device.datum = work.data[work.datum];
        work.datum = (work.datum + 1) | 0;
        return scheduler.send(device);
      }
    }
    return scheduler.wait();
  };
  return self;
}

// Keeps a packet while the task is held, and sends it back once the idle task has released it.
function makeDevice(scheduler) {
  const self = { pending: null, sum: 0 };
  self.run = (packet) => {
    if (packet === null) {
      packet = self.pending;
      if (packet === null) return scheduler.wait();
      self.pending = null;
      self.sum = (self.sum + packet.datum) | 0;
      return scheduler.send(packet);
    }
    self.pending = packet;
    return scheduler.hold();
  };
  return self;
}

function threePackets(id) {
  let queue = makePacket(null, id, DEVICE_PACKET);
  queue = makePacket(queue, id, DEVICE_PACKET);
  return makePacket(queue, id, DEVICE_PACKET);
}

function runSystem(count) {
  const scheduler = makeScheduler();
  const work = makePacket(makePacket(null, WORKER, WORK_PACKET), WORKER, WORK_PACKET);
  const deviceA = makeDevice(scheduler);
  const deviceB = makeDevice(scheduler);
  scheduler.add(IDLE, 0, null, false, makeIdle(scheduler, count));
  scheduler.add(WORKER, 1000, work, true, makeWorker(scheduler));
  scheduler.add(HANDLER_A, 2000, threePackets(DEVICE_A), true, makeHandler(scheduler));
  scheduler.add(HANDLER_B, 3000, threePackets(DEVICE_B), true, makeHandler(scheduler));
  scheduler.add(DEVICE_A, 4000, null, true, deviceA);
  scheduler.add(DEVICE_B, 5000, null, true, deviceB);
  scheduler.run();
  return { queued: scheduler.queued, holds: scheduler.holds, sum: (deviceA.sum + deviceB.sum) | 0 };
}

function main(rounds) {
  let queued = 0;
  let holds = 0;
  let sum = 0;
  for (let round = 0; round < rounds; round++) {
    const result = runSystem(10000 + round);
    queued = (queued + result.queued) | 0;
    holds = (holds + result.holds) | 0;
    sum = (sum + result.sum) | 0;
  }
  console.log("scheduler: queued " + queued + ", holds " + holds + ", sum " + sum);
}

main(size);
