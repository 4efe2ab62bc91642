import { chooseLayer } from '../../src/session/layer-choice.ts';

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
