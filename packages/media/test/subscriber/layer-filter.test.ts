import fc from 'fast-check';
import { type LayeredPacket, LayerFilter } from '../../src/subscriber/layer-filter.ts';

const ALL = 7;
const PATTERN = [0, 2, 1, 2, 0, 2, 1, 2];
const SYNCS = [false, true, true, true, false, false, false, false];
const NOTHING = {
  isKeyframe: false,
  temporalId: undefined,
  spatialId: undefined,
  isLayerSync: false,
  isSwitchingUp: false,
  isFrameEnd: true,
};

/** Frames of three temporal layers, as libwebrtc sends them in VP8. */
class Frames {
  readonly #firstTimestamp: number;
  #frame = 0;

  constructor(afterTicks = 0) {
    this.#firstTimestamp = 0xffff_f000 + afterTicks;
  }

  next(): LayeredPacket & { readonly temporalId: number } {
    const place = this.#frame % PATTERN.length;
    const timestamp = (this.#firstTimestamp + 3000 * this.#frame++) >>> 0;
    return { ...NOTHING, timestamp, temporalId: PATTERN[place] ?? 0, isLayerSync: SYNCS[place] ?? false };
  }
}

function limited(temporal: number, spatial = ALL): LayerFilter {
  const filter = new LayerFilter();
  filter.want(spatial, temporal);
  filter.restart();
  return filter;
}

function admitted(filter: LayerFilter, frames: Frames, count: number): number[] {
  const ids: number[] = [];
  for (let index = 0; index < count; index++) {
    const frame = frames.next();
    if (filter.admits(frame)) ids.push(frame.temporalId);
  }
  return ids;
}

describe('temporal layers of VP8', () => {
  test('are passed on up to the limit', () => {
    expect(admitted(limited(1), new Frames(), 8)).toEqual([0, 1, 0, 1]);
    expect(admitted(limited(0), new Frames(), 8)).toEqual([0, 0]);
    expect(admitted(limited(ALL), new Frames(), 8)).toEqual(PATTERN);
  });

  test('are left out from the next frame on', () => {
    const filter = limited(ALL);
    const frames = new Frames();
    admitted(filter, frames, 5);

    filter.want(ALL, 0);

    expect(admitted(filter, frames, 11)).toEqual([0, 0]);
  });

  test('come back with a frame that needs the base layer alone, and not before', () => {
    const filter = limited(0);
    const frames = new Frames();
    admitted(filter, frames, 5);

    filter.want(ALL, ALL);

    // The second half of the pattern has no layer sync.
    expect(admitted(filter, frames, 3)).toEqual([]);
    expect(admitted(filter, frames, 8)).toEqual([0, 2, 1, 2, 0, 2, 1, 2]);
  });

  test('come back no further than is wanted', () => {
    const filter = limited(0);
    filter.want(ALL, 1);

    expect(admitted(filter, new Frames(), 8)).toEqual([0, 1, 0, 1]);
  });

  test('are left out frame by frame, whenever a packet comes', () => {
    const filter = limited(ALL);
    const frames = new Frames();
    admitted(filter, frames, 1);
    const upper = frames.next();
    const first = filter.admits(upper);
    filter.want(ALL, 0);
    const second = filter.admits(upper);
    const next = filter.admits(frames.next());

    const third = filter.admits(upper);

    expect([first, second, next, third]).toEqual([true, true, false, true]);
  });

  test.each([
    ['the clock has gone half round without a packet', 2 ** 31 + 30_000],
    ['the publisher has set its clock back', -(2 ** 30)],
  ])('are left out from the next frame on after %s', (_, jumpTicks) => {
    const filter = limited(ALL);
    admitted(filter, new Frames(), 5);
    filter.want(ALL, 0);

    const later = new Frames(jumpTicks);

    expect(admitted(filter, later, 8)).toEqual([0, 0]);
  });

  test('all follow a keyframe', () => {
    const filter = limited(0);
    filter.want(ALL, ALL);

    expect(filter.admits({ ...NOTHING, timestamp: 5, temporalId: 0, isKeyframe: true })).toBe(true);
    expect(filter.admits({ ...NOTHING, timestamp: 6, temporalId: 2 })).toBe(true);
  });
});

test('packets that tell no layer are passed on', () => {
  expect(limited(0, 0).admits({ ...NOTHING, timestamp: 5 })).toBe(true);
});

test('the base layer always passes, and nothing above what is wanted once that is less', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 50 }), (wishes) => {
      const filter = new LayerFilter();
      const frames = new Frames();
      for (const wish of wishes) {
        filter.want(ALL, wish);
        const frame = frames.next();
        const isAdmitted = filter.admits(frame);
        if (frame.temporalId === 0) expect(isAdmitted).toBe(true);
        if (frame.temporalId > wish) expect(isAdmitted).toBe(false);
      }
    }),
  );
});

describe('spatial layers of VP9', () => {
  const picture = (timestamp: number, isKeyframe = false, temporalId = 0): LayeredPacket[] =>
    [0, 1, 2].map((spatialId) => ({ ...NOTHING, timestamp, temporalId, spatialId, isKeyframe: isKeyframe && spatialId === 0 }));
  const sent = (filter: LayerFilter, packets: readonly LayeredPacket[]) =>
    packets.filter((packet) => filter.admits(packet)).map((packet) => `${packet.spatialId}${filter.endsPicture(packet) ? ' end' : ''}`);

  test('are left out from the next picture on, and the last that is sent ends it', () => {
    const filter = limited(ALL);
    const first = picture(1);
    const begun = sent(filter, first.slice(0, 1));
    filter.want(1, ALL);

    expect([begun, sent(filter, first.slice(1))]).toEqual([['0'], ['1', '2']]);
    expect(sent(filter, picture(2))).toEqual(['0', '1 end']);
  });

  test('come back with a keyframe, and with nothing else', () => {
    const filter = limited(ALL, 0);
    filter.want(2, ALL);

    expect(sent(filter, picture(1))).toEqual(['0 end']);
    expect(sent(filter, picture(2, true))).toEqual(['0', '1', '2 end']);
  });

  test('end a picture that is sent again where they ended it first', () => {
    const filter = limited(ALL, 1);
    const [, middle] = picture(1);
    sent(filter, picture(1));
    filter.want(0, ALL);
    sent(filter, picture(2));

    expect(middle && filter.endsPicture(middle)).toBe(true);
  });
});

test('temporal layers of VP9 come back after a picture that they may refer to alone', () => {
  const filter = limited(0);
  filter.want(ALL, 2);
  const passes = (timestamp: number, temporalId: number, isSwitchingUp = false) =>
    filter.admits({ ...NOTHING, timestamp, temporalId, spatialId: 0, isSwitchingUp });

  const before = [passes(1, 0), passes(2, 2), passes(3, 1, true)];

  expect(before).toEqual([true, false, false]);
  expect([passes(4, 0, true), passes(5, 2), passes(6, 1)]).toEqual([true, true, true]);
});
