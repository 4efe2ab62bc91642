import {
  isNoDemand,
  isSameDemand,
  joinDemands,
  type LayerWish,
  layerDemand,
  layersToCarry,
  NO_DEMAND,
} from '../../src/relay/layer-demand.ts';

const RIDS = ['l', 'm', 'h'];
const best: LayerWish = { paused: false, preferredRid: undefined };
const prefers = (preferredRid: string): LayerWish => ({ paused: false, preferredRid });
const exactly = (preferredRid: string): LayerWish => ({ paused: false, preferredRid, isExactLayer: true });

describe('layerDemand', () => {
  it('asks for the best layer once, however many subscribers leave the choice to the engine', () => {
    expect(layerDemand([best, best, best], RIDS)).toEqual({ best: true, preferred: [], exact: [], weight: 2 });
  });

  it('asks for each preferred layer, in the same order whichever subscriber comes first', () => {
    const demand = layerDemand([prefers('m'), prefers('h'), prefers('m')], RIDS);

    expect(demand).toEqual({ best: false, preferred: ['h', 'm'], exact: [], weight: 2 });
    expect(layerDemand([prefers('h'), prefers('m')], RIDS)).toEqual(demand);
  });

  it('asks for the lower layers too for a subscriber whose path is too narrow, and for none above the one it wants', () => {
    const short = { needsLowerLayers: true };

    expect(layerDemand([{ ...best, ...short }], RIDS)).toEqual({ best: true, preferred: ['h', 'l', 'm'], exact: [], weight: 1 });
    expect(layerDemand([{ ...prefers('m'), ...short }], RIDS)).toEqual({ best: false, preferred: ['l', 'm'], exact: [], weight: 1 });
    expect(layerDemand([{ ...best, ...short }], [])).toEqual({ best: true, preferred: [], exact: [], weight: 1 });
  });

  it('asks for nothing while every subscriber is paused', () => {
    const demand = layerDemand(
      [
        { ...best, paused: true },
        { ...prefers('m'), paused: true },
      ],
      RIDS,
    );

    expect(demand).toEqual(NO_DEMAND);
    expect(isNoDemand(demand)).toBe(true);
  });

  it('keeps layers apart for which another relay takes no other', () => {
    expect(layerDemand([exactly('m'), prefers('h')], RIDS)).toEqual({ best: false, preferred: ['h'], exact: ['m'], weight: 2 });
  });

  it('asks for the best instead of a layer that the track has not got', () => {
    expect(layerDemand([prefers('q')], RIDS)).toEqual({ best: true, preferred: [], exact: [], weight: 1 });
  });

  it('asks for nothing if the layer is unknown and no other will do', () => {
    expect(layerDemand([exactly('q')], RIDS)).toEqual(NO_DEMAND);
  });

  it('asks for the one encoding of a track without simulcast, whatever is preferred', () => {
    expect(layerDemand([prefers('m'), exactly('h')], [])).toEqual({ best: true, preferred: [], exact: [], weight: 2 });
  });

  it('counts subscribers as a power of two, so that not each of them causes a message', () => {
    const weightOf = (subscribers: number) => layerDemand(new Array(subscribers).fill(best), RIDS).weight;

    expect([1, 2, 3, 4, 7, 8, 1000].map(weightOf)).toEqual([1, 2, 2, 4, 4, 8, 512]);
    expect(layerDemand([best, { ...best, paused: true }], RIDS).weight).toBe(1);
  });
});

describe('joinDemands', () => {
  it('asks for all that any of them asks for', () => {
    const joined = joinDemands([layerDemand([best], RIDS), layerDemand([prefers('m')], RIDS), layerDemand([exactly('l')], RIDS)]);

    expect(joined).toEqual({ best: true, preferred: ['m'], exact: ['l'], weight: 2 });
  });

  it('of nothing is nothing', () => {
    expect(isNoDemand(joinDemands([]))).toBe(true);
  });
});

describe('isSameDemand', () => {
  it.each([
    ['best', layerDemand([best], RIDS)],
    ['a preferred layer', layerDemand([prefers('m')], RIDS)],
    ['an exact layer', layerDemand([exactly('m')], RIDS)],
    ['nothing', NO_DEMAND],
  ])('tells %s from the others', (name, demand) => {
    const demands = new Map([
      ['best', layerDemand([best], RIDS)],
      ['a preferred layer', layerDemand([prefers('m')], RIDS)],
      ['an exact layer', layerDemand([exactly('m')], RIDS)],
      ['nothing', NO_DEMAND],
    ]);

    const same = [...demands].filter(([, other]) => isSameDemand(demand, other)).map(([otherName]) => otherName);

    expect(same).toEqual([name]);
  });
});

describe('layersToCarry', () => {
  it('carries only the layer with the highest bitrate for a demand for the best', () => {
    expect([...layersToCarry(layerDemand([best], RIDS), RIDS, ['h', 'm', 'l'])]).toEqual(['h']);
    expect([...layersToCarry(layerDemand([best], RIDS), RIDS, ['m', 'l'])]).toEqual(['m']);
  });

  it('carries what is preferred and the best together, each once', () => {
    const demand = layerDemand([best, prefers('l'), prefers('h')], RIDS);

    expect([...layersToCarry(demand, RIDS, ['h', 'm', 'l'])].sort()).toEqual(['h', 'l']);
  });

  it('lets the best stand in for a preferred layer that does not arrive', () => {
    expect([...layersToCarry(layerDemand([prefers('h')], RIDS), RIDS, ['m', 'l'])]).toEqual(['m']);
  });

  it('lets no layer stand in, nor be the best, that the track has given up and that is still taken to arrive', () => {
    const left = ['l', 'm'];

    expect([...layersToCarry(layerDemand([best], left), left, ['h', 'm', 'l'])]).toEqual(['m']);
    expect([...layersToCarry(layerDemand([prefers('m')], left), left, ['h', 'l'])]).toEqual(['l']);
  });

  it('lets nothing stand in for an exact layer', () => {
    expect([...layersToCarry(layerDemand([exactly('h')], RIDS), RIDS, ['m', 'l'])]).toEqual(['h']);
  });

  it('is ready for the last layer of the list while nothing arrives', () => {
    expect([...layersToCarry(layerDemand([best, prefers('l')], RIDS), RIDS, [])].sort()).toEqual(['h', 'l']);
  });

  it('carries the one encoding of a track without simulcast for any demand, and nothing for none', () => {
    expect([...layersToCarry(layerDemand([prefers('m')], []), [], [])]).toEqual(['']);
    expect([...layersToCarry(NO_DEMAND, [], [])]).toEqual([]);
  });
});
