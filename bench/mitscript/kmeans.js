// SPDX-License-Identifier: MIT
//
// kmeans: sorts points of the plane into clusters around the means of the clusters, in integers. Twin of kmeans.mit.
const size = 8000; // quick: 60 long: 60000

function makePoints(count) {
  const points = [null];
  let seed = 5;
  for (let i = 1; i <= count; i++) {
    seed = ((seed * 1471 + 12345) | 0) % 1000003;
    const x = (seed / 64) | 0;
    seed = ((seed * 1471 + 12345) | 0) % 1000003;
    points[i] = { x, y: (seed / 64) | 0, cluster: 0 };
  }
  return points;
}

// The first points are the first centres.
function firstCentres(points, k) {
  const centres = [null];
  for (let i = 1; i <= k; i++) centres[i] = { x: points[i].x, y: points[i].y, count: 0, sumX: 0, sumY: 0 };
  return centres;
}

function nearest(centres, k, point) {
  let best = 0;
  let bestDistance = 2000000000;
  for (let i = 1; i <= k; i++) {
    const centre = centres[i];
    const dx = (centre.x - point.x) | 0;
    const dy = (centre.y - point.y) | 0;
    const distance = (Math.imul(dx, dx) + Math.imul(dy, dy)) | 0;
    if (distance < bestDistance) {
      bestDistance = distance;
      best = i;
    }
  }
  return best;
}

// Gives each point to its nearest centre and returns how many points changed cluster.
function assign(points, count, centres, k) {
  let changed = 0;
  for (let i = 1; i <= count; i++) {
    const point = points[i];
    const cluster = nearest(centres, k, point);
    if (cluster !== point.cluster) {
      point.cluster = cluster;
      changed = (changed + 1) | 0;
    }
  }
  return changed;
}

// Moves each centre to the mean of its points.
function update(points, count, centres, k) {
  for (let i = 1; i <= k; i++) {
    const centre = centres[i];
    centre.count = 0;
    centre.sumX = 0;
    centre.sumY = 0;
  }
  for (let i = 1; i <= count; i++) {
    const point = points[i];
    const centre = centres[point.cluster];
    centre.count = (centre.count + 1) | 0;
    centre.sumX = (centre.sumX + point.x) | 0;
    centre.sumY = (centre.sumY + point.y) | 0;
  }
  for (let i = 1; i <= k; i++) {
    const centre = centres[i];
    if (centre.count > 0) {
      centre.x = (centre.sumX / centre.count) | 0;
      centre.y = (centre.sumY / centre.count) | 0;
    }
  }
}

function main(count) {
  const k = 16;
  const points = makePoints(count);
  const centres = firstCentres(points, k);
  let changes = 0;
  for (let round = 1; round <= 100; round++) {
    changes = (changes + assign(points, count, centres, k)) | 0;
    update(points, count, centres, k);
  }
  console.log("kmeans: " + changes + " changes");
  for (let i = 1; i <= k; i++) console.log("  " + centres[i].x + " " + centres[i].y + ": " + centres[i].count);
}

main(size);
