import { type AvailableLayer, createBestLayerAllocator } from '../../src/congestion/index.ts';

interface TestLayer extends AvailableLayer {
  readonly kbps: number;
}

/** A layer with a steady bitrate; 0 for one that is not arriving. */
function layer(rid: string, kbps: number): TestLayer {
  return { rid, kbps, statistics: { bitrateBps: () => kbps * 1000 }, isArriving: () => kbps > 0 };
}

function choose(layers: readonly TestLayer[], preferredRid?: string, current?: TestLayer): string | undefined {
  return createBestLayerAllocator().choose(0, layers, { preferredRid, current })?.rid;
}

describe('the best-layer allocator', () => {
  test('chooses nothing as long as no layer has come', () => {
    expect(choose([])).toBeUndefined();
  });

  test('chooses the only layer of a publication without simulcast', () => {
    expect(choose([layer('', 500)])).toBe('');
  });

  test('chooses the layer with the highest bitrate, whatever the layers are called', () => {
    expect(choose([layer('h', 150), layer('a', 2500), layer('m', 500)])).toBe('a');
  });

  test('chooses among the layers that are arriving', () => {
    expect(choose([layer('l', 150), layer('m', 500), layer('h', 0)])).toBe('m');
  });

  test('chooses the layer asked for', () => {
    expect(choose([layer('l', 150), layer('m', 500), layer('h', 2500)], 'l')).toBe('l');
  });

  test('chooses the best while the layer asked for is not arriving', () => {
    expect(choose([layer('l', 150), layer('m', 500), layer('h', 0)], 'h')).toBe('m');
  });

  test('stays with a layer while another is only a little better', () => {
    const current = layer('m', 500);

    expect(choose([current, layer('h', 620)], undefined, current)).toBe('m');
    expect(choose([current, layer('h', 630)], undefined, current)).toBe('h');
  });

  test('leaves a layer that has stopped arriving', () => {
    const current = layer('h', 0);

    expect(choose([layer('l', 150), current], undefined, current)).toBe('l');
  });

  test('leaves a layer that its publication no longer has', () => {
    expect(choose([layer('l', 150), layer('m', 140)], undefined, layer('h', 2500))).toBe('l');
  });

  test('stays where it is while nothing arrives', () => {
    const current = layer('m', 0);

    expect(choose([layer('l', 0), current, layer('h', 0)], undefined, current)).toBe('m');
  });

  test('chooses some layer for a newcomer while nothing arrives', () => {
    expect(choose([layer('l', 0), layer('h', 0)])).toBe('l');
  });
});
