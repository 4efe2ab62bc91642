import { Simulation, seededRandom } from '../../src/index.ts';

test('a simulation runs callbacks in order of their times, and those of the same time in the order in which they were scheduled', () => {
  const simulation = new Simulation();
  const random = seededRandom(3);
  const done: (readonly [number, number])[] = [];
  const times = Array.from({ length: 500 }, () => Math.floor(random() * 50));

  times.forEach((atMs, index) => {
    simulation.at(atMs, () => done.push([simulation.nowMs, index]));
  });
  simulation.runUntil(100);

  expect(done).toEqual(times.map((atMs, index) => [atMs, index] as const).sort(([a, i], [b, j]) => a - b || i - j));
  expect(simulation.nowMs).toBe(100);
});

test('a simulation stops before later events, and continues from there', () => {
  const simulation = new Simulation();
  let ticks = 0;
  simulation.every(10, () => ++ticks < 5);

  simulation.runUntil(25);
  const sofar = ticks;
  simulation.runUntil(1_000);

  expect(sofar).toBe(3);
  expect(ticks).toBe(5);
});
