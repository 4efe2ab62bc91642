import { VirtualClock } from '@causeway/testkit/virtual-clock';
import { StaticNodeDirectory } from '../../../src/nodes/index.ts';
import type { ControlMessage } from '../../../src/relay/links/control-messages.ts';
import type { NodeLink } from '../../../src/relay/links/node-link.ts';
import { LinkStateTable } from '../../../src/relay/path/link-state-table.ts';
import { MissingLinks } from '../../../src/relay/path/missing-links.ts';
import { nodeRecord } from '../doubles/node-records.ts';

/** Node 1 with links to some of the nodes 2 to 4. */
function scene(linked: readonly number[]) {
  const clock = new VirtualClock();
  const askedAtMs: number[] = [];
  const asked: number[] = [];
  const sendTo = (nodeNo: number) => (message: ControlMessage) => {
    if (message.type === 'link-states-known' && message.isAll) askedAtMs.push(clock.nowMs());
    asked.push(nodeNo);
    return true;
  };
  const links = linked.map((nodeNo) => ({ peer: { nodeNo }, isUp: true, version: 2, send: sendTo(nodeNo) }) as unknown as NodeLink);
  const nodes = new StaticNodeDirectory(
    nodeRecord(1),
    [2, 3, 4].map((nodeNo) => nodeRecord(nodeNo)),
  );
  const table = new LinkStateTable();
  const missing = new MissingLinks({ nodes, table, links: () => links, clock, random: () => 0 });
  const pass = async (ms: number) => {
    for (let passedMs = 0; passedMs < ms; passedMs += 100) {
      await clock.advance(100);
      if (clock.nowMs() % 1000 === 0) missing.tick();
    }
  };
  return { missing, pass, askedAtMs, asked, table };
}

describe('a node that lacks a link to another one', () => {
  it('asks its neighbours in turn once its links have come up, and one every 15 s from then on', async () => {
    const { missing, pass, askedAtMs, asked } = scene([2, 3]);

    missing.noteLinkUp();
    await pass(40_000);

    expect(askedAtMs).toEqual([2_000, 3_000, 18_000, 33_000]);
    expect(asked).toEqual([2, 3, 2, 3]);
  });

  it('asks no more than four of many neighbours without waiting', async () => {
    const neighbours = Array.from({ length: 20 }, (_, index) => 10 + index);
    const { missing, pass, askedAtMs } = scene(neighbours);

    missing.noteLinkUp();
    await pass(20_000);

    expect(askedAtMs).toEqual([2_000, 3_000, 4_000, 5_000, 20_000]);
  });

  it('asks again for what was not passed on behind a link that came up just before', async () => {
    const { missing, pass, askedAtMs } = scene([2, 3]);

    missing.noteLinkUp();
    await pass(1_400);
    missing.noteLinkUp();
    await pass(18_600);

    expect(askedAtMs).toEqual([2_000, 3_000, 4_000, 19_000]);
  });

  it('asks if only other nodes know of one', async () => {
    const { missing, pass, askedAtMs, table } = scene([2, 3, 4]);
    const links = new Map([[5, { rttMs: 20, lossRatio: 0, pricePerGb: 0 }]]);
    table.put({ nodeNo: 2, epoch: 1, revision: 1, isDraining: false, links });

    missing.noteLinkUp();
    await pass(3_000);

    expect(askedAtMs).toEqual([2_000, 3_000]);
  });

  it('does not ask if it has links to all others', async () => {
    const { missing, pass, askedAtMs } = scene([2, 3, 4]);

    missing.noteLinkUp();
    await pass(40_000);

    expect(askedAtMs).toEqual([]);
  });
});
