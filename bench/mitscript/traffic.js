// SPDX-License-Identifier: MIT
//
// traffic: cars on a ring road, a cellular automaton over immutable records. Twin of traffic.mit.
const size = 8000; // quick: 10 long: 60000

function map(array, f) {
  const result = { count: array.count, items: [null] };
  for (let i = 1; i <= array.count; i++) result.items[i] = f(array.items[i], i);
  return result;
}

function reduce(array, f, start) {
  let result = start;
  for (let i = 1; i <= array.count; i++) result = f(result, array.items[i]);
  return result;
}

const makeCar = (id, place, speed, driven) => ({ id, place, speed, driven });

function makeRoad(length, carCount) {
  const cars = { count: carCount, items: [null] };
  for (let i = 1; i <= carCount; i++) cars.items[i] = makeCar(i, (((i - 1) * length) / carCount) | 0, 0, 0);
  return { length, limit: 5, cars, seed: 1 };
}

// Free cells between a car and the one before it.
function gapBefore(road, i) {
  const next = i === road.cars.count ? road.cars.items[1] : road.cars.items[i + 1];
  let gap = (next.place - road.cars.items[i].place - 1) | 0;
  if (gap < 0) gap = (gap + road.length) | 0;
  return gap;
}

// Speeds up to the limit, brakes for the car ahead, dawdles now and then, and moves.
function drive(road) {
  return map(road.cars, (car, i) => {
    let speed = car.speed;
    if (speed < road.limit) speed = (speed + 1) | 0;
    const gap = gapBefore(road, i);
    if (speed > gap) speed = gap;
    const seed = ((road.seed * 171 + 11213) | 0) % 53125;
    road.seed = seed;
    if (seed < 10000 && speed > 0) speed = (speed - 1) | 0;
    let place = (car.place + speed) | 0;
    if (place >= road.length) place = (place - road.length) | 0;
    return makeCar(car.id, place, speed, (car.driven + speed) | 0);
  });
}

const totalSpeed = (cars) => reduce(cars, (sum, car) => (sum + car.speed) | 0, 0);
const standing = (cars) => reduce(cars, (count, car) => (car.speed === 0 ? (count + 1) | 0 : count), 0);
const farthest = (cars) => reduce(cars, (best, car) => (car.driven > best.driven ? car : best), cars.items[1]);

function main(steps) {
  const road = makeRoad(1000, 180);
  let flow = 0;
  let jams = 0;
  for (let step = 0; step < steps; step++) {
    road.cars = drive(road);
    flow = (flow + totalSpeed(road.cars)) | 0;
    jams = (jams + standing(road.cars)) | 0;
  }
  const winner = farthest(road.cars);
  console.log("traffic: flow " + flow + ", standing " + jams + ", farthest " + winner.id + " at " + winner.driven);
}

main(size);
