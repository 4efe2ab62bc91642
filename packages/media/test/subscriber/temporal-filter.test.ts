import fc from 'fast-check';
import { TemporalFilter } from '../../src/subscriber/temporal-filter.ts';

const PATTERN = [0, 2, 1, 2, 0, 2, 1, 2];
const SYNCS = [false, true, true, true, false, false, false, false];

/** Frames of three temporal layers, as libwebrtc sends them. */
class Frames {
  #frame = 0;

  next(): { readonly timestamp: number; readonly temporalId: number; readonly isLayerSync: boolean } {
    const place = this.#frame % PATTERN.length;
    const timestamp = (0xffff_f000 + 3000 * this.#frame++) >>> 0;
    return { timestamp, temporalId: PATTERN[place] ?? 0, isLayerSync: SYNCS[place] ?? false };
  }
}

function admitted(filter: TemporalFilter, frames: Frames, count: number): number[] {
  const ids: number[] = [];
  for (let index = 0; index < count; index++) {
    const frame = frames.next();
    if (filter.admits(frame)) ids.push(frame.temporalId);
  }
  return ids;
}

test('passes on what is not above its limit', () => {
  expect(admitted(new TemporalFilter(1), new Frames(), 8)).toEqual([0, 1, 0, 1]);
  expect(admitted(new TemporalFilter(0), new Frames(), 8)).toEqual([0, 0]);
  expect(admitted(new TemporalFilter(7), new Frames(), 8)).toEqual(PATTERN);
});

test('goes down with the next frame', () => {
  const filter = new TemporalFilter(7);
  const frames = new Frames();
  admitted(filter, frames, 5);

  filter.wanted = 0;

  expect(admitted(filter, frames, 11)).toEqual([0, 0]);
});

test('goes up with a frame that needs the base layer alone, and not before', () => {
  const filter = new TemporalFilter(0);
  const frames = new Frames();
  admitted(filter, frames, 5);

  filter.wanted = 7;

  // The second half of the pattern has no layer sync.
  expect(admitted(filter, frames, 3)).toEqual([]);
  expect(admitted(filter, frames, 8)).toEqual([0, 2, 1, 2, 0, 2, 1, 2]);
});

test('goes up no further than is wanted', () => {
  const filter = new TemporalFilter(0);
  filter.wanted = 1;

  expect(admitted(filter, new Frames(), 8)).toEqual([0, 1, 0, 1]);
});

test('treats all packets of a frame alike, those that come late too', () => {
  const filter = new TemporalFilter(7);
  const frames = new Frames();
  admitted(filter, frames, 1);
  const upper = frames.next();
  const first = filter.admits(upper);
  filter.wanted = 0;
  const second = filter.admits(upper);
  const next = filter.admits(frames.next());

  const third = filter.admits(upper);

  expect([first, second, next, third]).toEqual([true, true, false, true]);
});

test('passes on packets that tell no layer', () => {
  expect(new TemporalFilter(0).admits({ timestamp: 5, temporalId: undefined, isLayerSync: false })).toBe(true);
});

test('begins at once with all that is wanted after a keyframe', () => {
  const filter = new TemporalFilter(0);
  filter.wanted = 7;

  filter.restart();

  expect(admitted(filter, new Frames(), 4)).toEqual([0, 2, 1, 2]);
});

test('never passes on a frame above what is wanted or was wanted, and always the base layer', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 50 }), (wishes) => {
      const filter = new TemporalFilter(7);
      const frames = new Frames();
      for (const wish of wishes) {
        filter.wanted = wish;
        const { limit } = filter;
        const frame = frames.next();
        const isAdmitted = filter.admits(frame);
        if (frame.temporalId === 0) expect(isAdmitted).toBe(true);
        if (frame.temporalId > Math.max(wish, Math.min(limit, wish))) expect(isAdmitted).toBe(false);
      }
    }),
  );
});
