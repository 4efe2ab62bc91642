import { Bottleneck, type NetworkConditions, Simulation, seededRandom, TcpFlow, type TcpKind } from '../../src/index.ts';

interface Scene {
  readonly simulation: Simulation;
  readonly forward: Bottleneck;
}

function narrowLink(conditions: Partial<NetworkConditions> = {}): Scene {
  const simulation = new Simulation();
  return { simulation, forward: new Bottleneck(seededRandom(5), { rateBps: 2_000_000, delayMs: 50, queueMs: 300, ...conditions }) };
}

function mbps(flow: TcpFlow, overMs: number): number {
  return (8 * flow.bytesDelivered) / overMs / 1000;
}

test('a greedy TCP flow fills its bottleneck, and its queue', () => {
  const { simulation, forward } = narrowLink();
  const waits: number[] = [];
  const flow = new TcpFlow({ simulation, forward, ackDelayMs: 50 });
  simulation.every(50, () => {
    waits.push(forward.waitMs(simulation.nowMs));
    return undefined;
  });

  simulation.runUntil(60_000);

  expect(mbps(flow, 60_000)).toBeGreaterThan(1.85);
  expect(mbps(flow, 60_000)).toBeLessThanOrEqual(2);
  expect(Math.max(...waits)).toBeGreaterThan(290);
  expect(forward.counts.overflowed).toBeGreaterThan(5);
});

test('CUBIC keeps most of the queue after a loss, where Reno gives up half of its window', () => {
  const leastWaitMs = (kind: TcpKind): number => {
    const { simulation, forward } = narrowLink();
    const waits: number[] = [];
    new TcpFlow({ simulation, forward, ackDelayMs: 50, kind });
    simulation.at(20_000, () => {
      simulation.every(50, () => {
        waits.push(forward.waitMs(simulation.nowMs));
        return undefined;
      });
    });
    simulation.runUntil(80_000);
    expect(Math.max(...waits)).toBeGreaterThan(290);
    return Math.min(...waits);
  };

  // A loss takes 30% or a half off a window of 400 ms.
  expect(leastWaitMs('cubic')).toBeGreaterThan(150);
  expect(leastWaitMs('reno')).toBeLessThan(110);
});

test.each(['reno', 'cubic'] as const)('two greedy flows with %s share a bottleneck about evenly', (kind) => {
  const { simulation, forward } = narrowLink();
  const flows = [50, 50].map((ackDelayMs) => new TcpFlow({ simulation, forward, ackDelayMs, kind }));

  simulation.runUntil(120_000);

  const [one, other] = flows.map((flow) => mbps(flow, 120_000)) as [number, number];
  expect(one + other).toBeGreaterThan(1.85);
  expect(Math.min(one, other) / Math.max(one, other)).toBeGreaterThan(0.6);
});

test('random loss limits the rate of a flow as the Mathis formula predicts', () => {
  const { simulation, forward } = narrowLink({ rateBps: 100_000_000, lossRatio: 0.01 });
  const flow = new TcpFlow({ simulation, forward, ackDelayMs: 50 });

  simulation.runUntil(120_000);

  // Mathis: 1.22 segments in a round trip, by the root of the loss.
  const expected = (1.22 * 1460 * 8) / 0.1 / Math.sqrt(0.01) / 1e6;
  expect(mbps(flow, 120_000) / expected).toBeGreaterThan(0.7);
  expect(mbps(flow, 120_000) / expected).toBeLessThan(1.3);
});

test('a short flow ends when the last byte has been acknowledged, lost ones included', () => {
  const { simulation, forward } = narrowLink({ lossRatio: 0.05 });
  let finishedAtMs = Number.NaN;
  const onFinished = () => {
    finishedAtMs = simulation.nowMs;
  };
  const flow = new TcpFlow({ simulation, forward, ackDelayMs: 50, sizeBytes: 100_000, onFinished });

  simulation.runUntil(60_000);

  expect(flow.bytesDelivered).toBeGreaterThanOrEqual(100_000);
  expect(finishedAtMs).toBeGreaterThan(500);
  expect(finishedAtMs).toBeLessThan(10_000);
});

test('a flow recovers from an outage', () => {
  const { simulation, forward } = narrowLink();
  const flow = new TcpFlow({ simulation, forward, ackDelayMs: 50 });
  simulation.at(5_000, () => forward.impair({ ...forward.conditions, isCut: true }));
  simulation.at(8_000, () => forward.impair({ ...forward.conditions, isCut: false }));

  simulation.runUntil(12_000);
  const before = flow.bytesDelivered;
  simulation.runUntil(22_000);

  expect((8 * (flow.bytesDelivered - before)) / 10_000 / 1000).toBeGreaterThan(1.7);
});
