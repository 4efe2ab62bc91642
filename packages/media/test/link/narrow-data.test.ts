/** Data that fills a narrow line between two nodes, and how late what the nodes say to each other comes beside it. */
import { Bottleneck, CLEAN_LINK, seededRandom } from '@causeway/testkit';
import { CONTROL_STREAM, LinkedEngines } from '../data/router/linked-engines.ts';

const DELAY_MS = 20;
const CHANNELS = 25;
/** 50 Mbit/s. */
const MESSAGE_BYTES = 2_500;
const EVERY_MS = 10;
const PULSE_EVERY_MS = 100;
const FOR_MS = 2_000;
const UNRELIABLE = { ordered: false, maxRetransmits: 0, maxPacketLifeTimeMs: undefined };
const RELIABLE = { ordered: true, maxRetransmits: undefined, maxPacketLifeTimeMs: undefined };

interface Line {
  readonly rateBps: number;
  readonly queueMs: number;
}

/** Offers 50 Mbit/s to the line, with pulses beside it, until all has come that comes. */
function offer(line: Line, reliability: typeof RELIABLE | typeof UNRELIABLE) {
  const engines = new LinkedEngines({ ...CLEAN_LINK, delayMs: DELAY_MS });
  const names = Array.from({ length: CHANNELS }, (_, index) => `channel-${index}`);
  for (const name of names) {
    engines.publish(name, { reliability });
    engines.copy(name, { reliability });
  }
  engines.run(500);
  engines.link.there.bottleneck = new Bottleneck(seededRandom(1), line);
  const [sentAtMs, arrivedAtMs]: [number[], number[]] = [[], []];
  engines.far.whenTold = (event) => {
    if (event.type === 'data-channel-message') arrivedAtMs.push(engines.time.nowMs);
  };
  for (let atMs = 0; atMs < FOR_MS; atMs += EVERY_MS) {
    engines.near.after(atMs, (nowMs) => {
      for (const name of names) engines.say(name, new Uint8Array(MESSAGE_BYTES));
      if (atMs % PULSE_EVERY_MS !== 0) return;
      sentAtMs.push(nowMs);
      engines.tell(engines.near, { type: 'send-data', transportId: 'link', streamId: CONTROL_STREAM, data: 'pulse' });
    });
  }
  engines.run(FOR_MS + 1_500);
  const { publications } = engines.far.engine.answer('data-statistics');
  return {
    pulses: arrivedAtMs.length,
    latestMs: Math.max(...arrivedAtMs.map((atMs, pulse) => atMs - (sentAtMs[pulse] ?? 0) - DELAY_MS)),
    bytes: publications.reduce((sum, { bytesReceived }) => sum + bytesReceived, 0),
    ended: engines.near.dataEvents.filter(({ type }) => type === 'data-subscription-closed').length,
  };
}

test('pulses are at most 100 ms late beside 50 Mbit/s in front of a line of 30 whose queue holds half a second', () => {
  const { pulses, latestMs, bytes } = offer({ rateBps: 30_000_000, queueMs: 500 }, UNRELIABLE);

  expect(pulses).toBe(FOR_MS / PULSE_EVERY_MS);
  expect(latestMs).toBeLessThan(100);
  expect((8 * bytes) / FOR_MS / 1_000).toBeGreaterThan(24);
}, 120_000);

test('a burst that loses its end in a short queue is repaired at once: a line of 60 Mbit/s carries all of 50', () => {
  const { pulses, latestMs, bytes, ended } = offer({ rateBps: 60_000_000, queueMs: 25 }, RELIABLE);

  expect(pulses).toBe(FOR_MS / PULSE_EVERY_MS);
  expect(latestMs).toBeLessThan(100);
  expect(bytes).toBe((FOR_MS / EVERY_MS) * CHANNELS * MESSAGE_BYTES);
  expect(ended).toBe(0);
}, 120_000);
