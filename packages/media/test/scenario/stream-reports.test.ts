/** Peers that report what they receive by stream (RFC 8888), and that are told so of what they send. */
import { Bottleneck, PublishingPeer, type ScriptedPeer, seededRandom, VideoSource, VirtualWorld } from '@causeway/testkit';
import { CongestionFeedbackReader, writeCongestionFeedback, writeReceiverReport } from '@causeway/wire';
import { reportByStream } from './report-by-stream.ts';

const CALL_MS = 12_000;

/** Alice's camera, ninety packets of 900 bytes a second, and Bob who watches it. */
function call() {
  const world = new VirtualWorld(7);
  const alice = world.connectPeer('alice');
  const bob = world.connectPeer('bob');
  world.publish(alice, { trackId: 'camera', ssrcs: [{ ssrc: 7, rtxSsrc: undefined }], isReportedByStream: true });
  const publisher = new PublishingPeer(world, alice, new VideoSource({ ssrc: 7, payloadBytes: 900 }));
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70, rtxSsrc: 71, isReportedByStream: true });
  for (const peer of [alice, bob]) world.keepAlive(peer, CALL_MS);
  return { world, alice, bob, publisher };
}

test('packets carry no transport-wide number, and the estimate of a narrow path comes to what it carries', () => {
  const { world, bob, publisher } = call();
  world.linksOf(bob.path).down.bottleneck = new Bottleneck(seededRandom(4), { rateBps: 500_000, queueMs: 300 });
  reportByStream(world, bob, CALL_MS);

  publisher.publishFor(CALL_MS);

  const { estimate } = world.engine.snapshot(world.nowMs).transports.find(({ transportId }) => transportId === 'bob') ?? {};
  expect(bob.received.every(({ extensions }) => extensions.size === 0)).toBe(true);
  expect(estimate?.targetBps).toBeGreaterThan(200_000);
  expect(estimate?.targetBps).toBeLessThan(520_000);
  expect(world.engine.traffic.pathPacketsReceived).toBeGreaterThan(300);
  expect(world.engine.drops()['feedback-on-unsent']).toBe(0);
});

/** Has the peer send receiver reports on a stream. @param fractionLost in 256ths */
function reportReception(world: VirtualWorld, peer: ScriptedPeer, ssrc: number, fractionLost = 0): void {
  for (let afterMs = 1000; afterMs < CALL_MS; afterMs += 1000) {
    world.after(afterMs, (nowMs) => {
      const received = peer.received.filter((packet) => packet.ssrc === ssrc);
      const extendedHighestSeq = Math.max(...received.map(({ sequence }) => sequence));
      const none = { cumulativeLost: 0, jitterTicks: 0, lastSenderReport: 0, delaySinceLastSenderReport: 0 };
      const report = { ...none, ssrc, fractionLost, extendedHighestSeq };
      if (received.length > 0)
        peer.sendRtcp(nowMs, (out, offset) => writeReceiverReport(out, offset, { senderSsrc: 1, reports: [report] }));
    });
  }
}

const estimateOf = (world: VirtualWorld, id: string) =>
  world.engine.snapshot(world.nowMs).transports.find(({ transportId }) => transportId === id)?.estimate;

test('a peer that stops reporting by stream is sent what its receiver reports allow', () => {
  const { world, bob, publisher } = call();
  reportByStream(world, bob, 2000);
  reportReception(world, bob, 70);
  publisher.publishFor(2000);
  const before = estimateOf(world, 'bob')?.targetBps ?? 0;

  publisher.publishFor(4000);
  const silent = estimateOf(world, 'bob')?.targetBps ?? 0;
  publisher.publishFor(5500);

  // Ninety packets of 900 bytes are 690 kbit/s.
  expect(before).toBeGreaterThan(500_000);
  expect(silent).toBeLessThan(100_000);
  expect(estimateOf(world, 'bob')?.targetBps).toBeGreaterThan(250_000);
  expect(bob.received.filter(({ atMs }) => atMs > world.nowMs - 1000).length).toBeGreaterThan(80);
});

test('a peer whose receiver report comes before its report by stream, after ten seconds without packets, keeps its estimate', () => {
  const { world, alice, bob, publisher } = call();
  world.linksOf(bob.path).down.bottleneck = new Bottleneck(seededRandom(4), { rateBps: 500_000, queueMs: 300 });
  for (const peer of [alice, bob]) world.keepAlive(peer, 2 * CALL_MS);
  reportByStream(world, bob, 2 * CALL_MS);
  reportReception(world, bob, 70);
  publisher.publishFor(4000);
  world.run(10_000);
  const before = estimateOf(world, 'bob')?.targetBps ?? 0;

  const { onRtp } = bob;
  let hasReported = false;
  bob.onRtp = (packet) => {
    onRtp(packet);
    if (hasReported) return;
    hasReported = true;
    const none = { cumulativeLost: 0, jitterTicks: 0, lastSenderReport: 0, delaySinceLastSenderReport: 0 };
    const report = { ...none, ssrc: 70, fractionLost: 0, extendedHighestSeq: packet.sequence };
    bob.sendRtcp(world.nowMs, (out, offset) => writeReceiverReport(out, offset, { senderSsrc: 1, reports: [report] }));
  };
  publisher.publishFor(66);

  expect(before).toBeGreaterThan(350_000);
  expect(hasReported).toBe(true);
  expect(estimateOf(world, 'bob')?.targetBps).toBeGreaterThan(0.9 * before);
});

test('a client that withdraws its reports by stream goes on at once, by its receiver reports', () => {
  const { world, bob, publisher } = call();
  reportByStream(world, bob, 4000);
  reportReception(world, bob, 70);
  publisher.publishFor(4000);
  const estimated = estimateOf(world, 'bob');

  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70, rtxSsrc: 71 });
  const fromMs = world.nowMs;
  publisher.publishFor(3000);

  // Ninety packets a second.
  expect(estimated).toBeDefined();
  expect(bob.received.filter(({ ssrc, atMs }) => ssrc === 70 && atMs >= fromMs).length).toBeGreaterThan(3 * 85);
  expect(world.engine.drops()['queue-overdue']).toBe(0);
  expect(world.engine.drops()['feedback-on-unsent']).toBe(0);
});

test('a client that withdraws its reports by stream is limited by the losses that its receiver reports show', () => {
  const { world, bob, publisher } = call();
  reportByStream(world, bob, 2000);
  publisher.publishFor(2000);

  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70, rtxSsrc: 71 });
  reportReception(world, bob, 70, 0.5 * 256);
  publisher.publishFor(4500);

  expect(estimateOf(world, 'bob')?.targetBps).toBeLessThan(450_000);
});

test('a client that agrees to reports by stream again is estimated by them', () => {
  const { world, bob, publisher } = call();
  world.linksOf(bob.path).down.bottleneck = new Bottleneck(seededRandom(4), { rateBps: 500_000, queueMs: 300 });
  reportByStream(world, bob, CALL_MS);
  publisher.publishFor(2000);
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70, rtxSsrc: 71 });
  publisher.publishFor(1000);
  const between = estimateOf(world, 'bob');
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70, rtxSsrc: 71, isReportedByStream: true });
  publisher.publishFor(5000);

  expect(between).toBeUndefined();
  expect(estimateOf(world, 'bob')?.targetBps).toBeGreaterThan(200_000);
  expect(estimateOf(world, 'bob')?.targetBps).toBeLessThan(520_000);
});

test('a peer that stops reporting by stream is not sent more than what its receiver reports allow', () => {
  const { world, bob, publisher } = call();
  reportByStream(world, bob, 2000);
  reportReception(world, bob, 70, 0.5 * 256);

  publisher.publishFor(11_500);

  expect(estimateOf(world, 'bob')?.targetBps).toBeLessThan(600_000);
});

test('what a publisher sends is reported to it by stream, and not limited by an estimate of ours', () => {
  const { alice, publisher } = call();
  const reader = new CongestionFeedbackReader();
  const reported = new Set<number>();
  alice.feedbackTaker = {
    takeTransportFeedback: () => false,
    takeCongestionFeedback(bytes, offset, end) {
      if (!reader.read(bytes, offset, end)) return false;
      for (let index = 0; index < reader.count; index++)
        if (reader.ssrcs[index] === 7 && reader.isReceived(index)) reported.add(reader.sequences[index]);
      return true;
    },
  };

  publisher.publishFor(3000);

  expect(reported.size).toBeGreaterThan(240);
  expect(alice.rtcp.some(({ type }) => type === 'remb')).toBe(false);
});

test('a report on packets of which none was numbered is counted, and nothing else', () => {
  const { world, alice } = call();
  alice.sendRtcp(world.nowMs, (out, offset) =>
    writeCongestionFeedback(out, offset, 1, 1000, [{ ssrc: 70, firstSequence: 1, packets: [{ arrivedBeforeMs: 0 }] }]),
  );
  world.run(100);

  expect(world.engine.drops()['feedback-on-unsent']).toBe(1);
  expect(world.engine.snapshot(world.nowMs).transports.find(({ transportId }) => transportId === 'alice')?.estimate).toBeUndefined();
});
