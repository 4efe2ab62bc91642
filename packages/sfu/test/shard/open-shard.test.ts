import type { LoadSample, LoadSource } from '../../src/overload/load-source.ts';
import { createPoolLoad } from '../../src/shard/open-shard.ts';

function sample(utilization: number, delayMs: number, memoryShare = 0.1, uplinkLossRatio = 0): LoadSample {
  const eventLoopDelayMs = { p50: delayMs, p99: delayMs, max: delayMs };
  return { utilization, eventLoopDelayMs, timerDelaysMs: [delayMs], memoryShare, uplinkLossRatio };
}

/** What the node says of itself when its threads say this. */
function loadOf(main: LoadSample, shards: readonly { readonly load: LoadSample | undefined; readonly isAlive?: boolean }[]): LoadSample {
  const told: LoadSample[] = [];
  const source: LoadSource = { start: (listener) => listener(main), stop: () => undefined };
  const reports = shards.map(({ load, isAlive = true }, shardNo) => ({ shardNo, isAlive, load, sessions: 0 }));
  createPoolLoad(source, { shards: () => reports }).start((load) => told.push(load));
  if (told[0] === undefined) throw new Error('nothing was told');
  return told[0];
}

test('a node is as busy as the shard that the next session would go to', () => {
  const load = loadOf(sample(0.1, 1), [{ load: sample(0.99, 200) }, { load: sample(0.4, 5) }]);

  expect(load).toEqual({ ...sample(0.4, 5), timerDelaysMs: [1, 200, 5] });
});

test('or as its main thread, which every session passes through', () => {
  expect(loadOf(sample(0.9, 80), [{ load: sample(0.2, 5) }])).toEqual({ ...sample(0.9, 80), timerDelaysMs: [80, 5] });
});

test('a shard that hangs takes no sessions, so it does not count', () => {
  const load = loadOf(sample(0.3, 1), [{ load: sample(0, 0), isAlive: false }, { load: sample(0.8, 30) }]);

  expect(load).toEqual({ ...sample(0.8, 30), timerDelaysMs: [1, 30] });
});

test('memory is short when it is for one of the threads', () => {
  expect(loadOf(sample(0.5, 1, 0.2), [{ load: sample(0.1, 1, 0.9) }]).memoryShare).toBe(0.9);
});

test('before the shards have said anything, the main thread speaks alone', () => {
  expect(loadOf(sample(0.5, 1), [{ load: undefined }])).toEqual(sample(0.5, 1));
});

test('an uplink that one shard finds full is full, whichever is the idlest', () => {
  const full = [{ load: sample(0.9, 1, 0.1, 0.25) }, { load: sample(0.1, 1) }];

  expect(loadOf(sample(0.05, 1), full).uplinkLossRatio).toBe(0.25);
});

test('the timers of a sample are counted once, even if its thread takes none until the next second of the main thread', () => {
  const told: LoadSample[] = [];
  const source: LoadSource = {
    start: (listener) => {
      listener(sample(0.1, 1));
      listener(sample(0.1, 2));
    },
    stop: () => undefined,
  };
  const load = sample(0.5, 40);
  const pool = { shards: () => [{ shardNo: 0, isAlive: true, load, sessions: 0 }] };

  createPoolLoad(source, pool).start((each) => told.push(each));

  expect(told.map(({ timerDelaysMs }) => timerDelaysMs)).toEqual([[1, 40], [2]]);
});
