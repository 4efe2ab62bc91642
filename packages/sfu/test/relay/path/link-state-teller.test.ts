import { VirtualClock } from '@causeway/testkit/virtual-clock';
import { StaticNodeDirectory } from '../../../src/nodes/index.ts';
import {
  type ControlMessage,
  type LinkStateMessage,
  type LinksChangedMessage,
  MAX_KNOWN_STATES,
  MAX_TOLD_LINKS,
} from '../../../src/relay/links/control-messages.ts';
import { encodeControlMessage } from '../../../src/relay/links/message-text.ts';
import type { NodeLink } from '../../../src/relay/links/node-link.ts';
import { LinkStateTable } from '../../../src/relay/path/link-state-table.ts';
import { LinkStateTeller, type RelayPrice } from '../../../src/relay/path/link-state-teller.ts';
import { nodeRecord } from '../doubles/node-records.ts';

/** A link as the teller uses it. */
class ToldLink {
  readonly peer;
  readonly transportId: string;
  readonly told: ControlMessage[] = [];
  isUp = true;
  version = 2;
  upSinceMs = -60_000;

  constructor(nodeNo: number) {
    this.peer = nodeRecord(nodeNo);
    this.transportId = `link-${nodeNo}`;
  }

  send(message: ControlMessage): boolean {
    this.told.push(message);
    return true;
  }

  get state() {
    return this.isUp ? { type: 'up', sinceMs: this.upSinceMs } : { type: 'waiting' };
  }

  get asLink(): NodeLink {
    return this as unknown as NodeLink;
  }
}

function scene(neighbours: readonly number[], prices: readonly RelayPrice[] = []) {
  const untold: number[] = [];
  const links = neighbours.map((nodeNo) => new ToldLink(nodeNo));
  const directory = new StaticNodeDirectory(nodeRecord(1));
  const table = new LinkStateTable();
  const clock = new VirtualClock();
  let changes = 0;
  const teller = new LinkStateTeller({
    nodes: directory,
    table,
    links: () => links.map(({ asLink }) => asLink),
    prices,
    clock,
    onChanged: () => {
      changes++;
    },
    onUntold: (count) => untold.push(count),
  });
  const measure = async (...rttsMs: readonly number[]) => {
    teller.noteMeasurements(rttsMs.map((rttMs, index) => ({ transportId: links[index]?.transportId ?? '', rttMs, lossRatio: 0 })));
    await clock.advance(TOLD_MS);
  };
  const link = (place: number) => {
    const found = links[place];
    if (found === undefined) throw new Error(`there is no link ${place}`);
    return found;
  };
  return { links, link, directory, table, clock, teller, measure, changeCount: () => changes, untold };
}

/** By then everything is told. */
const TOLD_MS = 11_000;

function stateOf(origin: number, revision: number, links: LinkStateMessage['links'] = []): LinkStateMessage {
  return { type: 'link-state', origin, epoch: 1, revision, isDraining: false, links };
}

function changeOf(origin: number, since: number, change: Partial<LinksChangedMessage> = {}): LinksChangedMessage {
  const revision = since + 1;
  return { type: 'links-changed', origin, epoch: 1, revision, since, isDraining: false, changed: [], gone: [], ...change };
}

describe('the state of its own links that a node reports', () => {
  it('leaves out the highest node numbers if it has more links than a message holds, and says so once', async () => {
    const neighbours = Array.from({ length: MAX_TOLD_LINKS + 2 }, (_, index) => 2 + index);
    const { links, measure, untold } = scene(neighbours.toReversed());

    await measure();
    await measure(7);

    const [told] = links[0]?.told ?? [];
    expect(told?.type === 'links-changed' && told.changed.map(([to]) => to)).toEqual(neighbours.slice(0, MAX_TOLD_LINKS));
    expect(encodeControlMessage(told as ControlMessage)).toBeDefined();
    expect(untold).toEqual([MAX_TOLD_LINKS + 2]);
  });

  it('goes to every neighbour once it is known, and not again while it stays about the same', async () => {
    const { links, measure, changeCount } = scene([2, 3]);

    await measure(50, 80);
    await measure(52, 79);
    await measure(54.9, 84);

    for (const { told } of links)
      expect(told).toEqual([
        expect.objectContaining({
          changed: [
            [2, 50, 0, 0],
            [3, 80, 0, 0],
          ],
          gone: [],
        }),
      ]);
    expect(changeCount()).toBe(1);
  });

  it.each<[string, (world: ReturnType<typeof scene>) => unknown, Partial<LinksChangedMessage>]>([
    ['a round trip changes by a fifth and more', ({ measure }) => measure(61, 80), { changed: [[2, 61, 0, 0]] }],
    [
      'a link falls silent',
      ({ link, teller }) => {
        link(1).isUp = false;
        teller.noteLinks();
      },
      { changed: [], gone: [3] },
    ],
    [
      'it begins to lose packets',
      ({ teller, links }) =>
        teller.noteMeasurements(links.map(({ transportId }, index) => ({ transportId, rttMs: [50, 80][index] ?? 0, lossRatio: 0.03 }))),
      {
        changed: [
          [2, 50, 30, 0],
          [3, 80, 30, 0],
        ],
      },
    ],
    [
      'the node drains',
      ({ directory, teller }) => {
        directory.announce({ state: 'draining' });
        teller.noteLinks();
      },
      { isDraining: true, changed: [] },
    ],
  ])('is reported again, only as a change, when %s', async (_name, happens, told) => {
    const world = scene([2, 3]);
    await world.measure(50, 80);

    await happens(world);
    await world.clock.advance(TOLD_MS);

    expect(world.link(0).told[1]).toMatchObject({ type: 'links-changed', since: 1, revision: 2, ...told });
  });

  it('is reported within a tenth of a second when a link is lost, and within one second when one is gained', async () => {
    const { link, teller, clock, measure } = scene([2, 3]);
    link(1).isUp = false;
    await measure(50);
    link(1).isUp = true;
    teller.noteLinks();
    await clock.advance(999);
    expect(link(0).told).toHaveLength(1);
    await clock.advance(1);
    expect(link(0).told).toHaveLength(2);

    link(1).isUp = false;
    teller.noteLinks();
    await clock.advance(100);

    expect(link(0).told).toHaveLength(3);
  });

  it('is reported once for all changes within a second', async () => {
    const { links, link, teller, clock } = scene([2, 3, 4]);
    for (const each of links) each.isUp = false;
    for (const each of links) {
      each.isUp = true;
      teller.noteLinks();
      await clock.advance(300);
    }

    await clock.advance(TOLD_MS);

    expect(link(0).told).toEqual([expect.objectContaining({ revision: 3, changed: expect.arrayContaining([[4, 0, 0, 0]]) })]);
  });

  it('is reported again as soon as a round trip is known at all', async () => {
    const { link, teller, measure, clock } = scene([2]);
    teller.noteLinks();
    await clock.advance(TOLD_MS);

    await measure(0.2);

    expect(link(0).told).toMatchObject([{ changed: [[2, 0, 0, 0]] }, { changed: [[2, 1, 0, 0]] }]);
  });

  it('is reported within two seconds when a link begins to lose packets, however recently its round trip changed', async () => {
    const { link, links, teller, clock, measure } = scene([2]);
    await measure(50);
    await measure(90);
    const told = link(0).told.length;

    for (let second = 0; second < 2; second++) {
      teller.noteMeasurements(links.map(({ transportId }) => ({ transportId, rttMs: 90, lossRatio: 0.05 })));
      await clock.advance(1000);
    }

    expect(link(0).told.slice(told)).toMatchObject([{ changed: [[2, 90, 50, 0]] }]);
  });

  it('is reported within two seconds when the first round trip turns out to have been too long', async () => {
    const { link, teller, links, clock } = scene([2]);
    for (const rttMs of [48, 48, 2]) {
      teller.noteMeasurements(links.map(({ transportId }) => ({ transportId, rttMs, lossRatio: 0 })));
      await clock.advance(1000);
    }
    await clock.advance(1000);

    expect(link(0).told.at(-1)).toMatchObject({ changed: [[2, 2, 0, 0]] });
  });

  it('does not follow a round trip that fluctuates every second', async () => {
    const { link, teller, links, clock } = scene([2]);
    for (let second = 0; second < 60; second++) {
      teller.noteMeasurements(links.map(({ transportId }) => ({ transportId, rttMs: second % 2 === 0 ? 20 : 40, lossRatio: 0 })));
      await clock.advance(1000);
    }

    expect(link(0).told.length).toBeLessThanOrEqual(7);
  });

  it('says what it costs to send there, by region', async () => {
    const { link, measure } = scene([2, 3], [{ fromRegion: 'region-1', toRegion: 'region-3', pricePerGb: 0.085 }]);

    await measure(50, 80);

    expect(link(0).told.at(-1)).toMatchObject({
      changed: [
        [2, 50, 0, 0],
        [3, 80, 0, 85],
      ],
    });
  });

  it('uses the same rounded numbers itself that it reports', async () => {
    const { table, measure } = scene([2]);

    await measure(50.4);

    expect(table.find(1)?.links.get(2)).toEqual({ rttMs: 50, lossRatio: 0, pricePerGb: 0 });
  });

  it('is reported completely, and at once, to a new neighbour', async () => {
    const { link, teller, measure } = scene([2, 3]);
    link(1).isUp = false;
    await measure(50);
    link(1).isUp = true;

    teller.greet([link(1).asLink]);

    expect(link(1).told).toMatchObject([
      {
        type: 'link-state',
        origin: 1,
        links: [
          [2, 50, 0, 0],
          [3, 0, 0, 0],
        ],
      },
    ]);
  });

  it('is reported completely to a node of the previous version, with all that is known of others', async () => {
    const { link, links, teller, measure } = scene([2, 3]);
    await measure(50, 80);
    teller.handleMessage(link(0).asLink, stateOf(5, 7));
    const old = new ToldLink(6);
    old.version = 1;
    links.push(old);

    teller.greet([old.asLink]);

    expect(old.told).toMatchObject([
      { type: 'link-state', origin: 1 },
      { type: 'link-state', origin: 5 },
    ]);
  });

  it('is reported completely if the changes would not fit into a message', async () => {
    const { link, measure } = scene([2]);
    const send = link(0).send.bind(link(0));
    link(0).send = (message) => message.type !== 'links-changed' && send(message);

    await measure(50);

    expect(link(0).told).toMatchObject([{ type: 'link-state', links: [[2, 50, 0, 0]] }]);
  });
});

describe('the state of other nodes’ links', () => {
  it('is passed on only to nodes that the origin does not reach itself', async () => {
    const { links, teller, clock } = scene([2, 3, 4]);
    const [two, three, four] = links;
    const state = stateOf(2, 7, [
      [1, 10, 0, 0],
      [3, 10, 0, 0],
    ]);
    if (two === undefined || three === undefined || four === undefined) throw new Error('there are three links');

    teller.handleMessage(two.asLink, state);
    teller.handleMessage(three.asLink, state);
    teller.handleMessage(three.asLink, stateOf(2, 6));
    await clock.advance(TOLD_MS);

    expect([two, three, four].map(({ told }) => told)).toEqual([[], [], [state]]);
  });

  it('is not passed on to a node that has just started, unless it is of the version before and will not ask', async () => {
    const { links, teller, clock } = scene([2, 3, 4]);
    const [two, young, old] = links;
    if (two === undefined || young === undefined || old === undefined) throw new Error('there are three links');
    for (const link of [young, old]) link.upSinceMs = 0;
    old.version = 1;
    const state = stateOf(2, 7, [[1, 10, 0, 0]]);

    teller.handleMessage(two.asLink, state);
    await clock.advance(1200);
    teller.handleMessage(two.asLink, { ...state, revision: 8 });
    await clock.advance(TOLD_MS);

    expect(old.told).toMatchObject([{ revision: 7 }, { revision: 8 }]);
    expect(young.told).toMatchObject([{ revision: 8 }]);
  });

  it('is applied to the known state, even at a later revision than the last reported one', async () => {
    const { table, teller, link } = scene([2]);
    teller.handleMessage(
      link(0).asLink,
      stateOf(2, 5, [
        [1, 10, 0, 0],
        [3, 10, 0, 0],
      ]),
    );

    teller.handleMessage(link(0).asLink, { ...changeOf(2, 3), revision: 6, changed: [[4, 20, 0, 0]], gone: [3] });

    expect([...(table.find(2)?.links.keys() ?? [])]).toEqual([1, 4]);
    expect(table.find(2)?.revision).toBe(6);
  });

  it.each<[string, readonly LinkStateMessage[], readonly [number, number, number]]>([
    ['nothing is known of the node', [], [5, -1, 0]],
    ['a telling was missed', [stateOf(5, 2)], [5, 1, 2]],
    ['the node has begun another life', [{ ...stateOf(5, 20), epoch: 0 }], [5, 0, 20]],
  ])('is requested completely when %s', (_name, known, asked) => {
    const { table, teller, link } = scene([2]);
    for (const state of known) teller.handleMessage(link(0).asLink, state);
    const before = table.find(5);

    teller.handleMessage(link(0).asLink, changeOf(5, 9));

    expect(link(0).told).toEqual([{ type: 'link-states-known', known: [asked], isAll: false }]);
    expect(table.find(5)).toBe(before);
  });

  it('is sent to a neighbour that asks and knows less', async () => {
    const { link, teller, measure } = scene([2]);
    await measure(50);
    for (const origin of [5, 6, 7]) teller.handleMessage(link(0).asLink, stateOf(origin, 3));
    link(0).told.length = 0;

    teller.handleMessage(link(0).asLink, {
      type: 'link-states-known',
      known: [
        [5, 1, 3],
        [6, 1, 2],
      ],
      isAll: true,
    });
    const whole = link(0).told.splice(0);
    teller.handleMessage(link(0).asLink, {
      type: 'link-states-known',
      known: [
        [5, 0, 9],
        [6, 1, 3],
      ],
      isAll: false,
    });

    expect(whole).toMatchObject([{ origin: 1 }, { origin: 6 }, { origin: 7 }]);
    expect(link(0).told).toMatchObject([{ origin: 5 }]);
  });

  it('is not sent completely again and again to a neighbour that keeps asking', async () => {
    const { link, teller, measure, clock } = scene([2]);
    await measure(50);
    link(0).told.length = 0;
    const ask = () => teller.handleMessage(link(0).asLink, { type: 'link-states-known', known: [], isAll: true });

    for (let times = 0; times < 50; times++) ask();
    const atOnce = link(0).told.length;
    await clock.advance(5000);
    ask();

    expect([atOnce, link(0).told.length]).toEqual([1, 2]);
  });

  it('is not believed about the node itself', async () => {
    const { link, table, teller, measure } = scene([2]);
    await measure(50);

    teller.handleMessage(link(0).asLink, stateOf(1, 99));
    teller.handleMessage(link(0).asLink, changeOf(1, 99));

    expect(table.find(1)?.links.size).toBe(1);
  });

  describe('that this node has a link with', () => {
    const own = stateOf(2, 5, [
      [1, 10, 0, 0],
      [3, 10, 0, 0],
    ]);
    /** Node 3 says that node 2 has lost all of its links. */
    const lie = { ...stateOf(2, 1_000_000), epoch: 9 };

    function told() {
      const { teller, table, link, ...rest } = scene([2, 3]);
      teller.handleMessage(link(0).asLink, own);
      teller.handleMessage(link(1).asLink, lie);
      return { teller, table, link, ...rest };
    }

    it('is believed from nobody but the node itself', async () => {
      const { teller, table, link, clock, changeCount } = told();
      const changesBefore = changeCount();
      for (let times = 1; times < 100; times++) teller.handleMessage(link(1).asLink, { ...lie, revision: lie.revision + times });
      await clock.advance(TOLD_MS);
      const before = [...(table.find(2)?.links.keys() ?? [])];

      teller.handleMessage(link(0).asLink, changeOf(2, 5, { gone: [3] }));

      expect(before).toEqual([1, 3]);
      expect(changeCount() - changesBefore).toBe(1);
      expect(table.find(2)).toMatchObject({ epoch: 1, revision: 6 });
      expect(link(1).told).toEqual([]);
    });

    it('is believed from others once that link is lost, since the node cannot say it here', () => {
      const { teller, table, link } = told();
      link(0).isUp = false;

      teller.noteLinks();

      expect(table.find(2)).toMatchObject({ epoch: 9, revision: 1_000_000 });
    });

    it('is believed from the node again when the link is back, whatever others have said', () => {
      const { teller, table, link } = told();
      link(0).isUp = false;
      teller.noteLinks();
      link(0).isUp = true;
      link(0).told.length = 0;

      teller.handleMessage(link(0).asLink, changeOf(2, 5));
      const asked = [...link(0).told];
      teller.handleMessage(link(0).asLink, { ...own, revision: 6 });
      teller.handleMessage(link(0).asLink, own);

      expect(asked).toEqual([{ type: 'link-states-known', known: [[2, -1, 0]], isAll: false }]);
      expect(table.find(2)).toMatchObject({ epoch: 1, revision: 6 });
      expect([...(table.find(2)?.links.keys() ?? [])]).toEqual([1, 3]);
    });
  });

  it('of a new life counts, however low its revision', () => {
    const { link, table, teller } = scene([2]);
    teller.handleMessage(link(0).asLink, stateOf(5, 70));

    teller.handleMessage(link(0).asLink, { ...stateOf(5, 1), epoch: 2 });
    teller.handleMessage(link(0).asLink, stateOf(5, 71));

    expect(table.find(5)).toMatchObject({ epoch: 2, revision: 1 });
  });

  it('does not fill the memory, whatever nodes a neighbour invents', () => {
    const { link, table, teller } = scene([2]);

    for (let origin = 100; origin < 5000; origin++) teller.handleMessage(link(0).asLink, stateOf(origin, 1));

    expect(table.size).toBeLessThanOrEqual(1002);
  });
});

describe('a neighbour that reports too much', () => {
  it('is not listened to beyond a burst, then a hundred times a second, while others are', async () => {
    const { link, table, clock, teller, changeCount } = scene([2, 3]);

    for (let revision = 1; revision <= 5000; revision++) teller.handleMessage(link(0).asLink, stateOf(2, revision));
    teller.handleMessage(link(1).asLink, stateOf(3, 1, [[1, 7, 0, 0]]));

    expect(table.find(2)?.revision).toBe(2 * MAX_KNOWN_STATES);
    expect(changeCount()).toBe(2 * MAX_KNOWN_STATES + 1);
    expect(table.find(3)?.links.size).toBe(1);
    expect(teller.refused).toEqual({ flood: 5000 - 2 * MAX_KNOWN_STATES, withheld: 0, table_full: 0 });

    await clock.advance(10_000);
    for (let revision = 6001; revision <= 8000; revision++) teller.handleMessage(link(0).asLink, stateOf(2, revision));

    expect(table.find(2)?.revision).toBe(7000);
  });

  it('gets no more states than that, however often it asks', () => {
    const { link, teller } = scene([2, 3]);
    const origins = Array.from({ length: 100 }, (_, place) => 100 + place);
    for (const origin of origins) teller.handleMessage(link(1).asLink, stateOf(origin, 5));
    const known = origins.map((origin): [number, number, number] => [origin, 1, 4]);

    for (let each = 0; each < 1000; each++) {
      teller.handleMessage(link(0).asLink, { type: 'link-states-known', known, isAll: false });
    }

    expect(link(0).told.length).toBeGreaterThan(1000);
    expect(link(0).told.length).toBeLessThan(2 * MAX_KNOWN_STATES);
    expect(teller.refused.flood).toBeGreaterThan(900);
  });

  it('keeps no real node off the map by nodes that it invents, and the map stays bounded', () => {
    const { link, table, teller, directory } = scene([2, 3]);
    directory.put(nodeRecord(4));

    for (let each = 0; each < MAX_KNOWN_STATES + 10; each++) teller.handleMessage(link(0).asLink, stateOf(10_000 + each, 1));
    teller.handleMessage(link(1).asLink, stateOf(3, 1));
    teller.handleMessage(link(1).asLink, stateOf(4, 1));

    expect(table.size).toBe(MAX_KNOWN_STATES);
    expect([table.find(3)?.revision, table.find(4)?.revision]).toEqual([1, 1]);
    expect(teller.refused.table_full).toBe(10);
  });

  it('has its reports about others counted while those have a link of their own', () => {
    const { link, table, teller } = scene([2, 3]);
    teller.handleMessage(link(1).asLink, stateOf(3, 1));

    teller.handleMessage(link(0).asLink, stateOf(3, 9));

    expect(table.find(3)?.revision).toBe(1);
    expect(teller.refused).toEqual({ flood: 0, withheld: 1, table_full: 0 });
  });
});
