import { chooseLayer, layerPlan, updatedWish } from '../../src/negotiation/layer-choice.ts';

describe('asking for a quality by name', () => {
  it.each([
    [['f'], { low: 'f', medium: 'f' }],
    [['h', 'f'], { low: 'h', medium: 'h' }],
    [['q', 'h', 'f'], { low: 'q', medium: 'h' }],
    [['1', '2', '3', '4'], { low: '1', medium: '2' }],
  ])('of the layers %j takes low and medium for %j, and never the best one for medium if there is another', (rids, expected) => {
    const ridOf = (quality: string) => {
      const choice = chooseLayer({ quality }, rids);
      return choice.type === 'chosen' ? choice.preferredRid : choice;
    };

    expect({ low: ridOf('low'), medium: ridOf('medium') }).toEqual(expected);
    expect([ridOf('high'), ridOf('auto')]).toEqual([undefined, undefined]);
  });

  it('of a track without layers takes what there is, even if no other layer would do', () => {
    const simulcast = { ridNotAvailable: 'none' as const };

    for (const quality of ['low', 'medium', 'high', 'auto']) {
      expect(chooseLayer({ quality, simulcast }, [])).toEqual({ type: 'chosen', preferredRid: undefined });
    }
  });

  it('gives way to a layer that is named beside it', () => {
    const rids = ['q', 'h', 'f'];

    expect(chooseLayer({ quality: 'low', simulcast: { preferredRid: 'f' } }, rids)).toEqual({ type: 'chosen', preferredRid: 'f' });
    expect(chooseLayer({ quality: 'low', simulcast: { preferredRid: 'x', ridNotAvailable: 'none' } }, rids)).toEqual({
      type: 'rid_not_available',
      rid: 'x',
    });
  });
});

describe('an update of a wish', () => {
  it('leaves what it does not name', () => {
    const before = { quality: 'low', maxWidth: 640, priority: 2 };

    expect(updatedWish(before, { maxWidth: 320 })).toMatchObject({ quality: 'low', maxWidth: 320, priority: 2 });
  });

  it('replaces a layer that was named in one form by one that is named in the other', () => {
    const simulcast = { preferredRid: 'h' };

    expect(updatedWish({ quality: 'low' }, { simulcast })).toMatchObject({ quality: undefined, simulcast });
    expect(updatedWish({ simulcast }, { quality: 'low' })).toMatchObject({ quality: 'low', simulcast: undefined });
  });
});

describe('the plan of a wish', () => {
  const rids = ['q', 'h', 'f'];

  it('says nothing where nothing was asked for', () => {
    expect(layerPlan({}, rids)).toEqual({ preferredRid: undefined });
  });

  it('has every limit and the priority', () => {
    const wish = { quality: 'medium', maxWidth: 640, maxHeight: 360, maxFps: 15, maxBitrate: 1000, maxTemporalLayer: 1, priority: 4 };

    expect(layerPlan(wish, rids)).toEqual({
      preferredRid: 'h',
      layers: { priority: 4, maxWidth: 640, maxHeight: 360, maxFramesPerSecond: 15, maxBitrateBps: 1000, maxTemporalId: 1 },
    });
  });

  it.each([
    [{ priorityOrdering: 'none' }, { fallback: 'none' }],
    [{ priorityOrdering: 'asciibetical' }, { order: 'name' }],
    [{ ridNotAvailable: 'none' }, { fallback: 'on-bandwidth' }],
    [{ ridNotAvailable: 'asciibetical' }, { order: 'name' }],
    [{ priorityOrdering: 'none', ridNotAvailable: 'none' }, { fallback: 'none' }],
  ] as const)('takes %j for %j', (simulcast, layers) => {
    expect(layerPlan({ simulcast: { preferredRid: 'h', ...simulcast } }, rids)).toEqual({ preferredRid: 'h', layers });
  });

  it('is made for the layers of the source of the moment', () => {
    expect([layerPlan({ quality: 'low' }, rids), layerPlan({ quality: 'low' }, ['a', 'b'])]).toEqual([
      { preferredRid: 'q' },
      { preferredRid: 'a' },
    ]);
  });
});
