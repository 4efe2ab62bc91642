import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { checkMetering, judgeMetering, type MeteredCounts } from '../../src/doctor/metering-checks.ts';
import { writePrometheusText } from '../../src/monitoring/metric.ts';
import { METRICS } from '../../src/monitoring/metrics.ts';
import { SAMPLE_INSPECTION } from '../support/sample-inspection.ts';

const GOOD: MeteredCounts = {
  countedPackets: 9_900_000,
  repeatedPackets: 100_000,
  chargedBytes: 9_000_000_000,
  ledgerBytes: 8_999_000_000,
  publishedBytes: 900_000_000,
  arrivedBytes: 1_000_000_000,
  wirePackets: 10_000_100,
  wireBytes: 10_000_000_000,
  agreeing: 1_000,
  deviating: 0,
};

test.each<[verdict: string, fact: RegExp, changes: Partial<MeteredCounts>]>([
  ['ok', /^10000000 packets are counted and 10000100 left the node \(0\.00% apart\); the receivers of 1000 subscriptions agree$/, {}],
  [
    'ok',
    /^0 packets/,
    { countedPackets: 0, repeatedPackets: 0, chargedBytes: 0, ledgerBytes: 0, publishedBytes: 0, wirePackets: 0, agreeing: 0 },
  ],
  // A full uplink has refused repetitions.
  ['ok', /packets are counted/, { repeatedPackets: 900_000 }],
  ['problem', /^10100000 packets are counted for the bill, but only 10000100 left/, { countedPackets: 10_100_000 }],
  ['problem', /^10000100 packets left the node, but only 9900000 are counted/, { countedPackets: 9_800_000 }],
  ['problem', /bytes are charged, but only 10000000000 left/, { chargedBytes: 10_000_000_001 }],
  ['problem', /bytes are counted as published, but only/, { publishedBytes: 1_000_000_001 }],
  ['problem', /were handed to the ledger/, { ledgerBytes: 8_900_000_000 }],
  ['problem', /^the receivers of 100 of 1000 subscriptions report other/, { agreeing: 900, deviating: 100 }],
  ['warning', /^the receivers of 2 of 2 subscriptions report other/, { agreeing: 0, deviating: 2 }],
])('the verdict is %s: %s', (verdict, fact, changes) => {
  expect(judgeMetering({ ...GOOD, ...changes })).toMatchObject({ check: 'metering', verdict, fact: expect.stringMatching(fact) });
});

describe('of a node', () => {
  async function withMetrics(text: string, act: (debugPort: number) => Promise<void>): Promise<void> {
    const server = createServer((_request, response) => response.end(text)).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    await act((server.address() as AddressInfo).port);
    server.close();
  }

  test('the counts are those of its metrics', async () => {
    await withMetrics(writePrometheusText(METRICS, SAMPLE_INSPECTION), async (debugPort) => {
      const { verdict, fact } = await checkMetering({ debugPort });

      // In the sample, more bytes are charged than left.
      expect([verdict, fact]).toEqual(['problem', '403 bytes are charged, but only 35 left the node']);
    });
  });

  test('of another version, without a debug port, or that is not running, nothing can be said', async () => {
    const verdicts: string[] = [];
    await withMetrics(
      'causeway_probe_packets_total 7\n',
      async (debugPort) => void verdicts.push((await checkMetering({ debugPort })).fact),
    );
    verdicts.push((await checkMetering({ debugPort: undefined })).fact, (await checkMetering({ debugPort: 9 })).fact);

    expect(verdicts).toEqual([
      expect.stringContaining('does not have the counts'),
      'the counts of the node cannot be read without a debug port',
      'no node is running here',
    ]);
  });
});
