import { parseRtcp } from '@causeway/wire';
import { Bottleneck, ElasticSource, FeedbackPeer, Simulation, seededRandom } from '../../src/index.ts';

describe('an elastic source', () => {
  function source(targetBps: () => number, layersBps?: readonly number[]) {
    const simulation = new Simulation();
    const sent: { readonly atMs: number; readonly sizeBytes: number }[] = [];
    const elastic = new ElasticSource({
      simulation,
      random: seededRandom(2),
      targetBps,
      maxBps: 3_000_000,
      send: (atMs, sizeBytes) => sent.push({ atMs, sizeBytes }),
      ...(layersBps !== undefined && { layersBps }),
    });
    return { simulation, sent, elastic };
  }

  function sentBps(sent: readonly { readonly atMs: number; readonly sizeBytes: number }[], fromMs: number, toMs: number): number {
    const within = sent.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
    return (8000 * within.reduce((bytes, { sizeBytes }) => bytes + sizeBytes, 0)) / (toMs - fromMs);
  }

  test('sends at its target rate, up to its maximum', () => {
    let target = 1_000_000;
    const { simulation, sent } = source(() => target);

    simulation.runUntil(5_000);
    target = 9_000_000;
    simulation.runUntil(10_000);

    expect(sentBps(sent, 0, 5_000) / 1_000_000).toBeCloseTo(1, 1);
    expect(sentBps(sent, 5_000, 10_000) / 3_000_000).toBeCloseTo(1, 1);
    expect(Math.max(...sent.map(({ sizeBytes }) => sizeBytes))).toBeLessThanOrEqual(1_200);
  });

  test('sends the highest layer that fits, and the lowest if none does', () => {
    let target = 700_000;
    const { simulation, elastic } = source(() => target, [150_000, 600_000, 1_750_000]);

    simulation.runUntil(100);
    const fitting = elastic.rateBps;
    target = 50_000;

    expect(fitting).toBe(600_000);
    expect(elastic.rateBps).toBe(150_000);
  });

  test('sends nothing while it is paused', () => {
    const { simulation, sent, elastic } = source(() => 1_000_000);

    elastic.pause();
    simulation.runUntil(1_000);
    const whilePaused = sent.length;
    elastic.resume();
    simulation.runUntil(2_000);

    expect(whilePaused).toBe(0);
    expect(sent.length).toBeGreaterThan(100);
  });

  test('spreads a frame at its pacing rate', () => {
    const simulation = new Simulation();
    const times: number[] = [];
    const options = { simulation, random: seededRandom(2), targetBps: () => 1_440_000, maxBps: 3_000_000, pacingBps: () => 2_880_000 };
    new ElasticSource({ ...options, frameVariation: 0, send: (atMs) => times.push(atMs) });

    simulation.runUntil(30);

    // 6,000 bytes in 5 packets, each of which takes a tenth of a frame's time at twice the rate.
    expect(times.map((atMs) => Math.round(atMs * 10) / 10)).toEqual([0, 3.3, 6.7, 10, 13.3]);
  });
});

test('a feedback peer reports every packet once, with its arrival time or as lost', () => {
  const simulation = new Simulation();
  const path = new Bottleneck(seededRandom(11), { delayMs: 20, jitterMs: 15, lossRatio: 0.1, reorderRatio: 0.05 });
  const arrivedAt = new Map<number, number>();
  const reported = new Map<number, number>();
  const judged = new Set<number>();
  const peer = new FeedbackPeer({
    simulation,
    clockOffsetMs: 4_000,
    sendFeedback: (rtcp) => {
      const [feedback] = parseRtcp(rtcp, rtcp.length) ?? [];
      if (feedback?.type !== 'transport-feedback') throw new Error('malformed feedback');
      for (let offset = 0; offset < feedback.statusCount; offset++) judged.add(feedback.baseSequence + offset);
      let atMs = feedback.referenceTimeMs;
      feedback.receivedOffsets.forEach((offset, index) => {
        atMs += (feedback.deltaTicks250us[index] ?? 0) / 4;
        expect(reported.has(feedback.baseSequence + offset)).toBe(false);
        reported.set(feedback.baseSequence + offset, atMs);
      });
    },
  });

  for (let sequence = 0; sequence < 5_000; sequence++) {
    simulation.at(sequence * 4, () => {
      for (const arrivesMs of path.take(simulation.nowMs, 1_000)) {
        simulation.at(arrivesMs, () => {
          arrivedAt.set(sequence, simulation.nowMs);
          peer.receive(sequence, 1_000);
        });
      }
    });
  }
  simulation.runUntil(25_000);

  expect(reported.size).toBe(arrivedAt.size);
  expect(judged.size).toBe(Math.max(...arrivedAt.keys()) + 1);
  for (const [sequence, atMs] of arrivedAt) expect(Math.abs((reported.get(sequence) ?? 0) - atMs - 4_000)).toBeLessThanOrEqual(0.125);
});
