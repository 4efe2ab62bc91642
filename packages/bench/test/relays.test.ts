import { type ForwardingSample, measureForwarding } from '../src/measure/forwarding-window.ts';
import { withCluster } from '../src/relays/clustered-nodes.ts';
import { type RelayScene, relayMicros } from '../src/relays/relay-cost.ts';
import { RunningBench } from '../src/running-bench.ts';
import { openGroup, publish } from '../src/scenes/placed-clients.ts';
import { StagedCall } from '../src/scenes/staged-call.ts';

import { costSample } from './support/cost-sample.ts';

const LOAD = { packetsPerSecond: 100, packetBytes: 1200 };
/** Real processes on a machine that may be busy: the time is for them to start in, not for what they do. */
const PATIENCE_MS = 120_000;

test(
  'audiences of a call come and go, and those that are there get every packet as it was sent, relayed or not',
  async () => {
    const samples = await RunningBench.with((bench) =>
      withCluster(bench, async (startMember) => {
        const [node, beyond] = [await startMember('home'), await startMember('beyond')];
        await openGroup(node, bench.load);
        const seats = [{ shardNo: 0, tracks: await publish({ node, shardNo: 0 }, 2, LOAD, bench.load) }];
        const [home, more, relayed] = [
          { node, seats, subscribers: 1 },
          { node, seats, subscribers: 2 },
          { node: beyond, seats, subscribers: 1 },
        ];
        const call = new StagedCall({ node, scenes: { all: [home, more, relayed], few: [home], beyond: [relayed] } }, bench.load);
        const measured = [];
        for (const scene of ['all', 'few', 'beyond'] as const) {
          await call.show(scene);
          measured.push(await measureForwarding(call, { warmUpMs: 300, measureMs: 1_000 }));
        }
        return measured;
      }),
    );

    for (const sample of samples) expect(sample).toMatchObject({ lost: 0, duplicates: 0, corrupted: 0 });
    const [all, few, relayed] = samples;
    expect(few?.forwarded).toBeGreaterThan(2 * 50);
    expect(few?.checked).toBe(few?.forwarded);
    expect(relayed?.forwarded).toBeGreaterThan(2 * 50);
    expect(relayed?.checked).toBe(relayed?.forwarded);
    // One of each audience checks.
    expect(all?.checked).toBe(((all?.forwarded ?? 0) * 3) / 4);
  },
  PATIENCE_MS,
);

test('what a relayed packet costs is told from what nodes with and without a relay have spent', () => {
  const plan = { subscribers: 4, moreSubscribers: 3 };
  const { subscribers } = plan;
  const samples = new Map<RelayScene, ForwardingSample[]>([
    ['at home', [costSample(subscribers, [20 + 4 * 5])]],
    ['more at home', [costSample(4 + 3, [20 + (4 + 3) * 5])]],
    ['relayed', [costSample(2 * subscribers, [20 + 4 * 5 + 6, 16 + 4 * 5])]],
  ]);

  const micros = relayMicros(samples, plan);

  expect(micros).toEqual({ local: 5, sending: 6, takingIn: 16, publishing: 20, deliveredAtHome: 10, deliveredBeyond: 10.5 });
});
