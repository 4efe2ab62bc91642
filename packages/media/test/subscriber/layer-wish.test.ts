import type { LayerPreferences } from '../../src/plan.ts';
import { decodableOptions, type OfferedOption, optionsFor } from '../../src/subscriber/layer-wish.ts';

const RIDS = ['q', 'h', 'f'];
const CODEC = { payloadType: 45, clockRateHz: 90_000, channels: 1, fmtp: '', rtxPayloadType: 46, nack: true, pli: true, fir: true };

function layer(rid: string, costBps: number, width: number): OfferedOption {
  return { stream: { rid }, width, height: (width * 9) / 16, maxTemporalId: 7, framesPerSecond: 30, costBps };
}

const CAMERA = [layer('q', 150_000, 320), layer('h', 600_000, 640), layer('f', 1_750_000, 1280)];

function rids(preferredRid: string | undefined, layers: LayerPreferences = {}, options: readonly OfferedOption[] = CAMERA): string[] {
  return optionsFor({ preferredRid, layers }, options, RIDS).map(({ stream }) => stream.rid);
}

function without(rid: string): readonly OfferedOption[] {
  return CAMERA.filter(({ stream }) => stream.rid !== rid);
}

test('without a wish every layer is acceptable', () => {
  expect(rids(undefined)).toEqual(['q', 'h', 'f']);
});

describe('a layer asked for by name', () => {
  test('is the best that is sent, and those below stand in for it', () => {
    expect(rids('h')).toEqual(['q', 'h']);
    expect(rids('q')).toEqual(['q']);
  });

  test('is replaced by a lower one while it does not arrive, and never by a higher one', () => {
    expect(rids('h', {}, without('h'))).toEqual(['q']);
    expect(rids('q', {}, without('q'))).toEqual([]);
  });

  test('is sent or nothing where no other will do', () => {
    expect(rids('h', { fallback: 'none' })).toEqual(['h']);
    expect(rids('h', { fallback: 'none' }, without('h'))).toEqual([]);
  });

  test('may give way to bandwidth alone', () => {
    expect(rids('h', { fallback: 'on-bandwidth' })).toEqual(['q', 'h']);
    expect(rids('h', { fallback: 'on-bandwidth' }, without('h'))).toEqual([]);
  });

  test('is wanted even where a better one costs less at the moment', () => {
    const starved = [layer('q', 150_000, 320), layer('h', 600_000, 640), layer('f', 500_000, 1280)];

    expect(rids('h', {}, starved)).toEqual(['q', 'h']);
  });
});

describe('an order by name', () => {
  const NAMED = [layer('c', 150_000, 320), layer('b', 600_000, 640), layer('a', 1_750_000, 1280)];

  test('makes the first name the best', () => {
    expect(rids(undefined, { order: 'name' }, NAMED)).toEqual(['c', 'b', 'a']);
    expect(rids('b', { order: 'name' }, NAMED)).toEqual(['c', 'b']);
  });

  test('counts even against the bitrate, and what costs more than something better is never sent', () => {
    const reversed = [layer('a', 150_000, 320), layer('b', 600_000, 640), layer('c', 1_750_000, 1280)];

    expect(rids(undefined, { order: 'name' }, reversed)).toEqual(['a']);
    expect(rids('b', { order: 'name' }, reversed)).toEqual(['b']);
  });

  test('finds the next name below one that does not arrive', () => {
    expect(
      rids(
        'b',
        { order: 'name' },
        NAMED.filter(({ stream }) => stream.rid !== 'b'),
      ),
    ).toEqual(['c']);
  });
});

describe('limits', () => {
  test.each<[LayerPreferences, string[]]>([
    [{ maxWidth: 640 }, ['q', 'h']],
    [{ maxWidth: 639 }, ['q']],
    [{ maxHeight: 360 }, ['q', 'h']],
    [{ maxBitrateBps: 1_000_000 }, ['q', 'h']],
    [{ maxWidth: 1280, maxBitrateBps: 200_000 }, ['q']],
  ])('%j leaves %j', (limits, left) => {
    expect(rids(undefined, limits)).toEqual(left);
  });

  test('that no layer keeps leave the lowest', () => {
    expect(rids(undefined, { maxWidth: 100 })).toEqual(['q']);
    expect(rids(undefined, { maxBitrateBps: 1 })).toEqual(['q']);
  });

  test('on the frame rate do not cost size where there is nothing to leave out', () => {
    expect(rids(undefined, { maxFramesPerSecond: 15 })).toEqual(['q', 'h', 'f']);
  });

  test('hold for layers with fewer temporal layers', () => {
    const temporal = [
      { ...layer('h', 360_000, 640), maxTemporalId: 1, framesPerSecond: 15 },
      { ...layer('h', 600_000, 640), maxTemporalId: 7, framesPerSecond: 30 },
    ];
    const left = (layers: LayerPreferences) =>
      optionsFor({ preferredRid: undefined, layers }, temporal, RIDS).map(({ costBps }) => costBps);

    expect(left({ maxFramesPerSecond: 15 })).toEqual([360_000]);
    expect(left({ maxTemporalId: 1 })).toEqual([360_000]);
    expect(left({ maxFramesPerSecond: 30 })).toEqual([360_000, 600_000]);
  });

  test('of a picture whose size is not known yet let it through', () => {
    expect(rids(undefined, { maxWidth: 320 }, [layer('q', 150_000, 0), layer('h', 600_000, 0)])).toEqual(['q', 'h']);
  });
});

describe('layers that a subscriber can decode', () => {
  const DESCRIPTOR = { id: 4, uri: 'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension' };
  const stream = { rid: '' };
  const spatial = [0, 0, 1, 7].map((maxSpatialId) => ({ stream, maxSpatialId }));

  function spatialLimits(name: string, extensions: readonly (typeof DESCRIPTOR)[], options = spatial): number[] {
    return decodableOptions({ codecs: [{ ...CODEC, name }], extensions }, options).map(({ maxSpatialId }) => maxSpatialId);
  }

  test('are all of them with the dependency descriptor, and with codecs whose payload tells', () => {
    expect(spatialLimits('av1', [DESCRIPTOR])).toEqual([0, 0, 1, 7]);
    expect(spatialLimits('vp9', [])).toEqual([0, 0, 1, 7]);
  });

  test('are those of the lowest picture of AV1 without it', () => {
    expect(spatialLimits('av1', [])).toEqual([0, 0]);
  });

  test('are all temporal layers, and every simulcast layer', () => {
    const simulcast = [{ rid: 'q' }, { rid: 'f' }].flatMap((each) => [7, 7].map((maxSpatialId) => ({ stream: each, maxSpatialId })));

    expect(decodableOptions({ codecs: [{ ...CODEC, name: 'av1' }], extensions: [] }, simulcast)).toEqual(simulcast);
  });
});
