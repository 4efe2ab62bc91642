import { StaticNodeDirectory } from '../../../src/nodes/index.ts';
import type { LinkStateMessage } from '../../../src/relay/links/control-messages.ts';
import type { NodeLink } from '../../../src/relay/links/node-link.ts';
import { LinkStateTable } from '../../../src/relay/path/link-state-table.ts';
import { LinkStateTeller, type RelayPrice } from '../../../src/relay/path/link-state-teller.ts';
import { nodeRecord } from '../doubles/node-records.ts';

/** A link as the teller uses it. */
class ToldLink {
  readonly peer;
  readonly transportId: string;
  readonly told: LinkStateMessage[] = [];
  isUp = true;

  constructor(nodeNo: number) {
    this.peer = nodeRecord(nodeNo);
    this.transportId = `link-${nodeNo}`;
  }

  send(message: LinkStateMessage): boolean {
    this.told.push(message);
    return true;
  }

  get asLink(): NodeLink {
    return this as unknown as NodeLink;
  }
}

function scene(neighbours: readonly number[], prices: readonly RelayPrice[] = []) {
  const links = neighbours.map((nodeNo) => new ToldLink(nodeNo));
  const directory = new StaticNodeDirectory(nodeRecord(1));
  const table = new LinkStateTable();
  let changes = 0;
  const teller = new LinkStateTeller({
    nodes: directory,
    table,
    links: () => links.map(({ asLink }) => asLink),
    prices,
    onChanged: () => {
      changes++;
    },
  });
  const measure = (...rttsMs: readonly number[]) =>
    teller.noteMeasurements(rttsMs.map((rttMs, index) => ({ transportId: links[index]?.transportId ?? '', rttMs, lossRatio: 0 })));
  return { links, directory, table, teller, measure, changeCount: () => changes };
}

function stateOf(origin: number, revision: number, links: LinkStateMessage['links'] = []): LinkStateMessage {
  return { type: 'link-state', origin, epoch: 1, revision, isDraining: false, links };
}

describe('what a node tells of its links', () => {
  it('is told to every neighbour once it is known, and not again while it stays about the same', () => {
    const { links, measure, changeCount } = scene([2, 3]);

    measure(50, 80);
    measure(52, 79);
    measure(54.9, 84);

    for (const { told } of links)
      expect(told.map(({ links: state }) => state)).toEqual([
        [
          [2, 50, 0, 0],
          [3, 80, 0, 0],
        ],
      ]);
    expect(changeCount()).toBe(1);
  });

  it.each<[string, (world: ReturnType<typeof scene>) => void]>([
    ['a round trip changes by a fifth and more', ({ measure }) => measure(61, 80)],
    [
      'a link falls silent',
      ({ links, teller }) => {
        if (links[1]) links[1].isUp = false;
        teller.tell();
      },
    ],
    [
      'it begins to lose packets',
      ({ teller, links }) =>
        teller.noteMeasurements(links.map(({ transportId }, index) => ({ transportId, rttMs: [50, 80][index] ?? 0, lossRatio: 0.03 }))),
    ],
    [
      'the node drains',
      ({ directory, teller }) => {
        directory.announce({ state: 'draining' });
        teller.tell();
      },
    ],
  ])('is told again when %s', (_name, happens) => {
    const world = scene([2, 3]);
    world.measure(50, 80);

    happens(world);

    expect(world.links[0]?.told.map(({ revision }) => revision)).toEqual([1, 2]);
  });

  it('is told again as soon as a round trip is known at all', () => {
    const { links, teller, measure } = scene([2]);
    teller.tell();

    measure(0.2);

    expect(links[0]?.told.map(({ links: state }) => state)).toEqual([[[2, 0, 0, 0]], [[2, 1, 0, 0]]]);
  });

  it('says what it costs to send there, by region', () => {
    const { links, measure } = scene([2, 3], [{ fromRegion: 'region-1', toRegion: 'region-3', pricePerGb: 0.085 }]);

    measure(50, 80);

    expect(links[0]?.told.at(-1)?.links).toEqual([
      [2, 50, 0, 0],
      [3, 80, 0, 85],
    ]);
  });

  it('reckons for itself with the same rounded numbers that it tells', () => {
    const { table, measure } = scene([2]);

    measure(50.4);

    expect(table.find(1)?.links.get(2)).toEqual({ rttMs: 50, lossRatio: 0, pricePerGb: 0 });
  });
});

describe('what a node hears of others’ links', () => {
  it('is passed on to all but the one who told it, once', () => {
    const { links, teller } = scene([2, 3, 4]);
    const [two, three, four] = links;
    const state = stateOf(5, 7, [[2, 10, 0, 0]]);
    if (two === undefined || three === undefined || four === undefined) throw new Error('there are three links');

    teller.handleMessage(two.asLink, state);
    teller.handleMessage(three.asLink, state);
    teller.handleMessage(three.asLink, stateOf(5, 6));

    expect([two, three, four].map(({ told }) => told)).toEqual([[], [state], [state]]);
  });

  it('is told to a neighbour that has just come, with its own', () => {
    const { links, teller, measure } = scene([2]);
    measure(50);
    const [two] = links;
    if (two === undefined) throw new Error('there is a link');
    teller.handleMessage(two.asLink, stateOf(5, 7));
    const newcomer = new ToldLink(6);

    teller.greet(newcomer.asLink);

    expect(newcomer.told.map(({ origin }) => origin)).toEqual([1, 5]);
  });

  it('is not believed about the node itself', () => {
    const { links, table, teller, measure } = scene([2]);
    measure(50);
    const [two] = links;

    if (two !== undefined) teller.handleMessage(two.asLink, stateOf(1, 99));

    expect(table.find(1)?.links.size).toBe(1);
  });

  it('of a new life counts, however low its revision', () => {
    const { links, table, teller } = scene([2]);
    const [two] = links;
    if (two === undefined) throw new Error('there is a link');
    teller.handleMessage(two.asLink, stateOf(5, 70));

    teller.handleMessage(two.asLink, { ...stateOf(5, 1), epoch: 2 });
    teller.handleMessage(two.asLink, stateOf(5, 71));

    expect(table.find(5)).toMatchObject({ epoch: 2, revision: 1 });
  });
});
