import { timestampDistance } from '@causeway/wire';
import { CatchUp } from '../../src/subscriber/catch-up.ts';

const FRAME_TICKS = 3000;

/** A layer of which 20 frames are older than what was sent last, which is half a frame behind the last of them. */
function place(firstTimestamp: number): number[] {
  const overtakenTicks = 19.5 * FRAME_TICKS;
  const catchUp = new CatchUp(firstTimestamp, overtakenTicks);
  return Array.from({ length: 30 }, (_, frame) => catchUp.place((firstTimestamp + frame * FRAME_TICKS) | 0));
}

test.each([0, 2 ** 31 - 30_000, -30_000])('timestamps that begin at %i only ever advance', (firstTimestamp) => {
  const placed = place(firstTimestamp);

  const steps = placed.slice(1).map((timestamp, index) => timestampDistance(placed[index] ?? 0, timestamp));
  expect(Math.min(...steps)).toBeGreaterThan(0);
});

test('what is older than what was sent follows within four milliseconds, and what is newer keeps its time', () => {
  const placed = place(0);

  const sent = 19.5 * FRAME_TICKS;
  expect(placed[0]).toBeGreaterThan(sent);
  expect(placed[19]).toBeLessThan(sent + 360);
  expect(placed.slice(20)).toEqual(Array.from({ length: 10 }, (_, index) => (20 + index) * FRAME_TICKS));
});

test('once the clock has gone round, frames keep their time', () => {
  const catchUp = new CatchUp(0, FRAME_TICKS);
  const before = catchUp.place(FRAME_TICKS);

  catchUp.place(-FRAME_TICKS);

  expect(before).toBeGreaterThan(FRAME_TICKS);
  expect(catchUp.place(FRAME_TICKS)).toBe(FRAME_TICKS);
});
