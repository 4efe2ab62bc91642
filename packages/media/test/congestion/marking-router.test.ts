/** Routers that mark packets before their queue is full (RFC 3168), and what the estimator makes of it. */
import { between, EACH_SEED, queueMs, receivedBps, Scene } from './support/scene.ts';

const RATE_BPS = 1_000_000;
const FROM_MS = 20_000;
const UNTIL_MS = 60_000;

test.each(EACH_SEED)('with marks, the path is used without loss or a long queue (seed %i)', (seed) => {
  const scene = new Scene({ seed, rateBps: RATE_BPS, markedMs: 20 });
  const flow = scene.flow({ isEcnCapable: true });
  scene.runUntil(UNTIL_MS);

  const used = receivedBps(flow, FROM_MS, UNTIL_MS) / RATE_BPS;
  expect(used).toBeGreaterThan(0.75);
  expect(used).toBeLessThan(1);
  expect(queueMs(flow, 0.95, FROM_MS, UNTIL_MS)).toBeLessThan(35);
  expect(flow.lost).toBe(0);
  expect(flow.marked).toBeGreaterThan(50);
});

test.each(EACH_SEED)('in a queue too short for delay to show, marks save the packets that are lost without them (seed %i)', (seed) => {
  const [marked, unmarked] = [20, Number.POSITIVE_INFINITY].map((markedMs) => {
    const scene = new Scene({ seed, rateBps: RATE_BPS, queueMs: 30, markedMs });
    const flow = scene.flow({ isEcnCapable: true });
    scene.runUntil(UNTIL_MS);
    return { lost: flow.lost, used: receivedBps(flow, FROM_MS, UNTIL_MS) / RATE_BPS };
  });

  expect(marked?.used).toBeGreaterThan(0.7);
  expect(marked?.used).toBeLessThan(1);
  expect(marked?.lost).toBeLessThan((unmarked?.lost ?? 0) / 2);
});

test('a router that begins to mark everything brings the estimate down, by a seventh in each round trip', () => {
  const scene = new Scene({ seed: 1, rateBps: 3_000_000 });
  const flow = scene.flow({ isEcnCapable: true });
  scene.runUntil(20_000);
  const beforeBps = flow.estimator.targetBps;

  scene.forward.impair({ ...scene.forward.conditions, markedMs: -1 });
  scene.runUntil(24_000);

  const targets = between(flow, 20_000, 24_000).map(({ targetBps }) => targetBps / beforeBps);
  // Samples are 50 ms apart. A round trip takes 100 ms, and reports come every 100 ms.
  const steps = targets.map((target, index) => target / (targets[index - 2] ?? 1));
  expect(Math.min(...steps)).toBeGreaterThan(0.84);
  expect(Math.max(...steps)).toBeLessThan(1.01);
  expect(targets.at(-1)).toBeLessThan(0.1);
});
