/** A viewer that agrees to no feedback on its path: neither transport-wide, nor by stream, nor an estimate of its own (REMB). */
import type { ReceivedRtp } from '@causeway/testkit';
import { writeReceiverReport } from '@causeway/wire';
import { framesPerSecond, NarrowCall, SIZE } from './narrow-call.ts';

const SSRC = 70;
const REPORT_EVERY_MS = 1000;

/** Bob reports what he has received and lost of the stream, as every receiver does (RFC 3550 §6.4.1). */
function reportReception({ world, bob }: NarrowCall, durationMs: number): void {
  let highest = Number.NaN;
  let seen = 0;
  const report = (nowMs: number): void => {
    const arrived: readonly ReceivedRtp[] = bob.received.slice(seen).filter(({ ssrc }) => ssrc === SSRC);
    seen = bob.received.length;
    if (arrived.length > 0) {
      const newest = Math.max(...arrived.map(({ sequence }) => sequence));
      const expected = Number.isNaN(highest) ? arrived.length : newest - highest;
      highest = newest;
      const fractionLost = Math.max(0, Math.floor((256 * (expected - arrived.length)) / expected));
      const block = { ssrc: SSRC, fractionLost, cumulativeLost: 0, extendedHighestSeq: newest };
      const times = { jitterTicks: 0, lastSenderReport: 0, delaySinceLastSenderReport: 0 };
      bob.sendRtcp(nowMs, (out, offset) => writeReceiverReport(out, offset, { senderSsrc: 1, reports: [{ ...block, ...times }] }));
    }
  };
  for (let afterMs = REPORT_EVERY_MS; afterMs < durationMs; afterMs += REPORT_EVERY_MS) world.after(afterMs, report);
}

test('is sent the best layer while its receiver reports show no loss', () => {
  const call = new NarrowCall(1, [{ fromMs: 0, rateBps: 4_000_000 }]);
  const shown = call.watch({ extensions: [] });
  reportReception(call, 8000);
  call.runFor(8000);

  const transport = call.world.engine.snapshot(call.world.nowMs).transports.find(({ transportId }) => transportId === 'bob');
  expect(new Set(shown.map(({ payloadBytes }) => payloadBytes))).toEqual(new Set([SIZE.f]));
  expect(framesPerSecond(shown, call.world.nowMs - 6000, call.world.nowMs)).toBeGreaterThan(28);
  expect(transport?.estimate?.isOverusing).toBe(false);
});

test('is sent a layer that fits within eight seconds of their showing much, and its picture moves', () => {
  const call = new NarrowCall(1, [
    { fromMs: 0, rateBps: 4_000_000 },
    { fromMs: 3000, rateBps: 500_000 },
  ]);
  const shown = call.watch({ extensions: [] });
  const fromMs = call.world.nowMs + 3000 + 8000;
  reportReception(call, 25_000);
  call.runFor(25_000);

  // A better layer is tried from time to time, because nothing else shows whether it fits.
  const late = shown.filter(({ atMs }) => atMs >= fromMs);
  expect(framesPerSecond(shown, fromMs, call.world.nowMs)).toBeGreaterThan(20);
  expect(late.every(({ payloadBytes }) => payloadBytes < SIZE.f)).toBe(true);
});

test.each([false, true])('so is one that has agreed to feedback and gives none (from another address: %s)', (isMoved) => {
  const call = new NarrowCall(1, [{ fromMs: 0, rateBps: 500_000 }], 0);
  const { world, bob } = call;
  const { bottleneck } = world.linksOf(bob.path).down;
  const shown = call.watch();
  call.runFor(1000);
  if (isMoved) world.linksOf(world.migrate(bob)).down.bottleneck = bottleneck;
  const fromMs = world.nowMs + 15_000;
  reportReception(call, 25_000);
  call.runFor(25_000);

  const late = shown.filter(({ atMs }) => atMs >= fromMs);
  expect(late.every(({ payloadBytes }) => payloadBytes < SIZE.f)).toBe(true);
  expect(framesPerSecond(shown, fromMs, world.nowMs)).toBeGreaterThan(12);
});
