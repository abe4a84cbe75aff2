// SPDX-License-Identifier: MIT
program nbody(output);
type body = record x, y, z, vx, vy, vz, mass: real end;
var b: array [1..5] of body; i: integer;
procedure setb(k: integer; x, y, z, vx, vy, vz, m: real);
begin b[k].x := x; b[k].y := y; b[k].z := z; b[k].vx := vx; b[k].vy := vy; b[k].vz := vz; b[k].mass := m end;
procedure advance(dt: real);
var i, j: integer; dx, dy, dz, d, mag: real;
begin
  for i := 1 to 5 do
    for j := i + 1 to 5 do begin
      dx := b[i].x - b[j].x; dy := b[i].y - b[j].y; dz := b[i].z - b[j].z;
      d := dx * dx + dy * dy + dz * dz;
      mag := dt / (d * sqrt(d));
      b[i].vx := b[i].vx - dx * b[j].mass * mag; b[i].vy := b[i].vy - dy * b[j].mass * mag; b[i].vz := b[i].vz - dz * b[j].mass * mag;
      b[j].vx := b[j].vx + dx * b[i].mass * mag; b[j].vy := b[j].vy + dy * b[i].mass * mag; b[j].vz := b[j].vz + dz * b[i].mass * mag
    end;
  for i := 1 to 5 do begin
    b[i].x := b[i].x + dt * b[i].vx; b[i].y := b[i].y + dt * b[i].vy; b[i].z := b[i].z + dt * b[i].vz
  end
end;
begin
  setb(1, 0, 0, 0, 0, 0, 0, 39.47);
  setb(2, 4.84, -1.16, -0.10, 0.606, 2.81, -0.02, 0.0376);
  setb(3, 8.34, 4.12, -0.4, -1.01, 1.82, 0.008, 0.0112);
  setb(4, 12.89, -15.11, -0.22, 1.08, 0.868, -0.01, 0.0017);
  setb(5, 15.37, -25.9, 0.179, 0.979, 0.594, -0.034, 0.002);
  for i := 1 to 4000000 do advance(0.001);
  writeln(b[1].x:12:6)
end.
