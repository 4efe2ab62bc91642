import { LayerShares } from '../../src/publisher/layer-cost.ts';

/** Pictures of spatial layers of these sizes, in the temporal pattern 0 2 1 2. */
function noteAll(shares: LayerShares, spatialBytes: readonly number[], pictures: number): void {
  for (let picture = 0; picture < pictures; picture++) {
    const temporalId = [0, 2, 1, 2][picture % 4] ?? 0;
    for (const [spatialId, bytes] of spatialBytes.entries())
      shares.note(spatialId, temporalId, bytes, spatialId === spatialBytes.length - 1);
  }
}

test('counts bytes by both kinds of layers, and pictures by temporal layer', () => {
  const shares = new LayerShares();

  noteAll(shares, [1000, 3000, 6000], 128);

  expect([shares.spatialCount, shares.temporalCount]).toEqual([3, 3]);
  expect(shares.bytesUpTo(0, 7)).toBeCloseTo(0.1);
  expect(shares.bytesUpTo(1, 7)).toBeCloseTo(0.4);
  expect(shares.bytesUpTo(1, 0)).toBeCloseTo(0.1);
  expect(shares.bytesUpTo(7, 7)).toBe(1);
  expect([0, 1, 2].map((temporalId) => shares.picturesUpTo(temporalId))).toEqual([0.25, 0.5, 1]);
});

test('forgets layers that are not sent any more', () => {
  const shares = new LayerShares();
  noteAll(shares, [1000, 3000, 6000], 128);

  noteAll(shares, [1000], 2000);

  expect(shares.spatialCount).toBe(1);
  expect(shares.bytesUpTo(0, 7)).toBeCloseTo(1);
});

test('knows of no layers before any are told, and passes over ids beyond what a codec has', () => {
  const shares = new LayerShares();
  shares.note(7, 7, 1000, true);

  expect([shares.spatialCount, shares.temporalCount, shares.bytesUpTo(0, 0), shares.picturesUpTo(0)]).toEqual([0, 0, 1, 1]);
});
