/**
 * Flows that share a bottleneck: with each other, and with TCP.
 *
 * @see RFC 8867 §5.1 to §5.8
 */
import { TcpFlow } from '@causeway/testkit';
import type { MediaFlow } from './support/media-flow.ts';
import { EACH_SEED, jainIndex, meanTargetBps, queueMs, receivedBps, Scene } from './support/scene.ts';

const KBPS = 1000;

/** Starts a flow at each of these times. */
function startFlows(scene: Scene, startsMs: readonly number[], options: (index: number) => Parameters<Scene['flow']>[0] = () => ({})) {
  const flows: MediaFlow[] = [];
  for (const [index, atMs] of startsMs.entries()) scene.simulation.at(atMs, () => flows.push(scene.flow(options(index))));
  return flows;
}

describe.each(EACH_SEED)('seed %i', (seed) => {
  test('5.1: one flow follows a path that changes', () => {
    const steps = [
      { fromMs: 0, rateBps: 1000 * KBPS },
      { fromMs: 40_000, rateBps: 2500 * KBPS },
      { fromMs: 60_000, rateBps: 600 * KBPS },
      { fromMs: 80_000, rateBps: 1000 * KBPS },
    ];
    const scene = new Scene({ seed, steps });
    const flow = scene.flow();

    scene.runUntil(100_000);

    const spans = [
      [10_000, 40_000, 1000],
      [45_000, 60_000, 2500],
      [64_000, 80_000, 600],
      [86_000, 100_000, 1000],
    ] as const;
    for (const [fromMs, toMs, kbps] of spans) {
      expect(receivedBps(flow, fromMs, toMs)).toBeGreaterThan(0.8 * kbps * KBPS);
      expect(meanTargetBps(flow, fromMs, toMs)).toBeLessThan(1.03 * kbps * KBPS);
      expect(queueMs(flow, 0.95, fromMs, toMs)).toBeLessThan(150);
    }
  });

  test('5.2: two flows share a path that changes', () => {
    const rates = [4000, 2000, 3500, 1000, 2000];
    const steps = rates.map((kbps, index) => ({ fromMs: 25_000 * index, rateBps: kbps * KBPS }));
    const scene = new Scene({ seed, steps });
    const flows = startFlows(scene, [0, 0]);

    scene.runUntil(125_000);

    for (const [index, kbps] of rates.entries()) {
      const [fromMs, toMs] = [25_000 * index + 8_000, 25_000 * (index + 1)];
      const shares = flows.map((flow) => receivedBps(flow, fromMs, toMs));
      const sum = shares.reduce((total, share) => total + share, 0);
      expect(sum).toBeGreaterThan(0.75 * kbps * KBPS);
      expect(sum).toBeLessThan(1.03 * kbps * KBPS);
      expect(jainIndex(shares)).toBeGreaterThan(0.7);
    }
  });

  test('5.3: feedback that has a narrow path of its own to share', () => {
    const steps = [2000, 1000, 500, 2000].map((kbps, index) => ({ fromMs: 20_000 * index, rateBps: kbps * KBPS }));
    const there = new Scene({ seed, steps });
    const back = [
      [0, 2000],
      [35_000, 800],
      [70_000, 2000],
    ] as const;
    for (const [atMs, kbps] of back) {
      there.simulation.at(atMs, () => there.back.impair({ ...there.back.conditions, rateBps: kbps * KBPS, queueMs: 300 }));
    }
    const one = there.flow();
    const other = there.flow({ forward: there.back, back: there.forward });

    there.runUntil(100_000);

    expect(receivedBps(one, 45_000, 60_000)).toBeGreaterThan(0.65 * 500 * KBPS);
    expect(meanTargetBps(one, 45_000, 60_000)).toBeLessThan(1.05 * 500 * KBPS);
    expect(receivedBps(one, 70_000, 100_000)).toBeGreaterThan(0.65 * 2000 * KBPS);
    expect(receivedBps(other, 45_000, 70_000)).toBeGreaterThan(0.6 * 800 * KBPS);
    expect(meanTargetBps(other, 45_000, 70_000)).toBeLessThan(1.05 * 800 * KBPS);
  });

  test('5.4: three flows that come one after the other leave each other room', () => {
    const scene = new Scene({ seed, rateBps: 3500 * KBPS });
    const flows = startFlows(scene, [0, 20_000, 40_000]);

    scene.runUntil(120_000);

    const shares = flows.map((flow) => receivedBps(flow, 70_000, 120_000));
    expect(jainIndex(shares)).toBeGreaterThan(0.75);
    expect(Math.min(...shares)).toBeGreaterThan((3500 * KBPS) / 3 / 3);
    expect(shares.reduce((total, share) => total + share, 0)).toBeGreaterThan(0.8 * 3500 * KBPS);
    expect(queueMs(flows[0]!, 0.95, 70_000, 120_000)).toBeLessThan(220);
  });

  test('three subscribers behind one bottleneck come to equal shares', () => {
    const scene = new Scene({ seed, rateBps: 3000 * KBPS });
    const flows = startFlows(scene, [0, 500, 1000]);

    scene.runUntil(90_000);

    const shares = flows.map((flow) => receivedBps(flow, 30_000, 90_000));
    expect(jainIndex(shares)).toBeGreaterThanOrEqual(0.95);
    expect(shares.reduce((total, share) => total + share, 0)).toBeGreaterThan(0.8 * 3000 * KBPS);
    expect(queueMs(flows[0]!, 0.95, 30_000, 90_000)).toBeLessThan(220);
  });

  test('5.6: a long TCP flow starves neither itself nor media, behind a short queue and a long one', () => {
    for (const queueLengthMs of [300, 1000]) {
      const scene = new Scene({ seed, rateBps: 2000 * KBPS, queueMs: queueLengthMs });
      const flow = scene.flow();
      const tcp: TcpFlow[] = [];
      scene.simulation.at(5000, () => {
        tcp.push(new TcpFlow({ simulation: scene.simulation, forward: scene.forward, ackDelayMs: 50 }));
      });
      scene.runUntil(20_000);
      const before = tcp[0]!.bytesDelivered;

      scene.runUntil(120_000);

      expect(receivedBps(flow, 20_000, 120_000)).toBeGreaterThan(0.25 * 1000 * KBPS);
      expect((8 * (tcp[0]!.bytesDelivered - before)) / 100).toBeGreaterThan(0.25 * 1000 * KBPS);
    }
  });

  test.each(['reno', 'cubic'] as const)('three flows and one long TCP flow with %s starve nobody', (kind) => {
    const scene = new Scene({ seed, rateBps: 4000 * KBPS, delayMs: 25 });
    const flows = startFlows(scene, [0, 2000, 4000]);
    const tcp: TcpFlow[] = [];
    scene.simulation.at(10_000, () => {
      tcp.push(new TcpFlow({ simulation: scene.simulation, forward: scene.forward, ackDelayMs: 25, kind }));
    });
    scene.runUntil(20_000);
    const before = tcp[0]!.bytesDelivered;

    scene.runUntil(80_000);

    const quarterOfFairBps = 250 * KBPS;
    for (const flow of flows) expect(receivedBps(flow, 20_000, 80_000)).toBeGreaterThan(quarterOfFairBps);
    expect((8 * (tcp[0]!.bytesDelivered - before)) / 60).toBeGreaterThan(quarterOfFairBps);
  });

  test('5.7: short TCP flows take their share for a moment', () => {
    const scene = new Scene({ seed, rateBps: 2000 * KBPS });
    const flows = startFlows(scene, [0, 0]);
    let finished = 0;
    for (let index = 0; index < 10; index++) {
      const sizeBytes = 100_000 + Math.floor(scene.random() * 900_000);
      scene.simulation.at(20_000 + 9000 * index, () => {
        const { simulation, forward } = scene;
        new TcpFlow({ simulation, forward, ackDelayMs: 50, sizeBytes, onFinished: () => finished++ });
      });
    }

    scene.runUntil(130_000);

    const sum = flows.reduce((total, flow) => total + receivedBps(flow, 20_000, 120_000), 0);
    expect(finished).toBe(10);
    expect(sum).toBeGreaterThan(0.35 * 2000 * KBPS);
    expect(flows.reduce((total, flow) => total + receivedBps(flow, 124_000, 130_000), 0)).toBeGreaterThan(0.6 * 2000 * KBPS);
  });

  test('5.8: a flow that is paused leaves its share to the others, and gets one when it comes back', () => {
    const scene = new Scene({ seed, rateBps: 3500 * KBPS });
    const flows = startFlows(scene, [0, 0, 0]);
    const pause = (isPaused: boolean) => {
      const [flow] = flows as [MediaFlow];
      if (isPaused) flow.source.pause();
      else flow.source.resume();
      flow.demandBps = isPaused ? 0 : 5000 * KBPS;
    };
    scene.simulation.at(40_000, () => pause(true));
    scene.simulation.at(60_000, () => pause(false));

    scene.runUntil(119_000);

    const [paused, ...others] = flows as [MediaFlow, ...MediaFlow[]];
    expect(others.reduce((sum, flow) => sum + receivedBps(flow, 47_000, 60_000), 0)).toBeGreaterThan(0.7 * 3500 * KBPS);
    expect(receivedBps(paused, 75_000, 119_000)).toBeGreaterThan((3500 * KBPS) / 3 / 3);
  });

  test('5.5: five flows with round trips of their own all get through', () => {
    const scene = new Scene({ seed, rateBps: 4000 * KBPS, delayMs: 10 });
    const delaysMs = [10, 25, 50, 100, 150];
    const flows = startFlows(scene, [0, 10_000, 20_000, 30_000, 40_000], (index) => ({ extraDelayMs: (delaysMs[index] ?? 0) - 10 }));

    scene.runUntil(160_000);

    const shares = flows.map((flow) => receivedBps(flow, 80_000, 160_000));
    expect(Math.min(...shares)).toBeGreaterThan((4000 * KBPS) / 5 / 4);
    expect(shares.reduce((total, share) => total + share, 0)).toBeGreaterThan(0.8 * 4000 * KBPS);
    expect(queueMs(flows[0]!, 0.95, 80_000, 160_000)).toBeLessThan(220);
  });
});
