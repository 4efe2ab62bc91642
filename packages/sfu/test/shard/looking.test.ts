import { createSecureSuite } from '@causeway/secure';
import { InlineShard } from '../../src/shard/inline-shard.ts';
import type { Neighbours, NeighboursListener } from '../../src/shard/neighbours.ts';
import { LeanClient } from '../doubles/lean-client.ts';

const SETUP_TIMEOUT_MS = 30_000;
/** Shorter than what is taken for a process that stood still. */
const STEP_MS = 500;

/** A shard with neighbours that note what is asked of them. */
async function openShard() {
  const calls: string[] = [];
  const told: { listener?: NeighboursListener } = {};
  const neighbours = {
    setListener: (listener: NeighboursListener) => {
      told.listener = listener;
    },
    look: () => calls.push('look'),
    flush: () => calls.push('flush'),
    close: () => undefined,
  } as unknown as Neighbours;
  const suite = await createSecureSuite();
  const shard = new InlineShard({ suite, addresses: ['127.0.0.1'], port: 0, connectPaths: false, maxConnectedSockets: 0, neighbours });
  return { shard, suite, calls, lookIsDue: () => told.listener?.onLookDue() };
}

afterEach(() => jest.restoreAllMocks());

test('a poll sends what it found, and leaves timers to a turn that has read the sockets', async () => {
  const { shard, suite, calls, lookIsDue } = await openShard();
  let nowMs = performance.now();
  jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
  const closed = new Promise<string>((resolve) => {
    shard.setListener((event) => {
      if (event.type === 'transport-closed') resolve(event.reason);
    });
  });
  shard.send({ type: 'open-transport', plan: new LeanClient('never-there', 0, suite, shard).transportPlan });
  for (let elapsedMs = STEP_MS; elapsedMs < SETUP_TIMEOUT_MS; elapsedMs += STEP_MS) {
    nowMs += STEP_MS;
    // Any command brings a turn.
    shard.send({ type: 'close-transport', transportId: 'of nobody' });
    await new Promise(setImmediate);
  }
  nowMs += STEP_MS + 100;
  calls.length = 0;

  lookIsDue();
  const callsOfLook = [...calls];
  const { objects } = await shard.ask('inspection');
  const reason = await closed;
  await shard.close();

  expect(callsOfLook).toEqual(['look', 'flush']);
  expect(objects.engine.transports).toBe(1);
  expect(reason).toBe('setup_timeout');
});
