import { PublishingPeer, VideoSource, VirtualWorld } from '@causeway/testkit';
import { ntpFractionFromUnixMs, ntpSecondsFromUnixMs, unixMsFromNtp, writeSenderReport } from '@causeway/wire';

const TRANSPORT_WIDE_CC = { id: 5, uri: 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01' };

/** Alice publishes a camera whose RTP clock starts at 90,000, and Bob watches it. */
function openCall() {
  const world = new VirtualWorld();
  const alice = world.connectPeer('alice');
  const bob = world.connectPeer('bob');
  world.publish(alice, { trackId: 'camera', ssrcs: [{ ssrc: 7, rtxSsrc: undefined }] });
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70 });
  const publisher = new PublishingPeer(world, alice, new VideoSource({ ssrc: 7, firstTimestamp: 90_000 }));
  return { world, alice, bob, publisher };
}

test('a publisher hears how its stream arrives, a subscriber which wall-clock time its timestamps stand for', () => {
  const { world, alice, bob, publisher } = openCall();
  publisher.publishFor(1000);
  // The publisher's clock is ten years behind ours; its RTP clock showed 90,000 when it started.
  const report = {
    senderSsrc: 7,
    ntpSeconds: ntpSecondsFromUnixMs(1_460_000_000_000),
    ntpFraction: ntpFractionFromUnixMs(1_460_000_000_000),
  };
  const rtpAtReport = 90_000 + 31 * 3000;
  alice.sendRtcp(world.nowMs, (out, offset) =>
    writeSenderReport(out, offset, { ...report, rtpTimestamp: rtpAtReport, packetCount: 90, octetCount: 18_000, reports: [] }),
  );
  const reportArrivedMs = world.nowMs + 10;

  publisher.publishFor(3000);

  const received = alice.rtcp.filter((packet) => packet.type === 'receiver-report').flatMap(({ reports }) => reports);
  const sent = bob.rtcp.filter((packet) => packet.type === 'sender-report').at(-1);
  expect(received.at(-1)).toMatchObject({ ssrc: 7, fractionLost: 0, cumulativeLost: 0 });
  expect(received.at(-1)?.lastSenderReport).not.toBe(0);
  if (sent === undefined) throw new Error('no sender report came');
  const outShift = (bob.received[0]?.timestamp ?? 0) - 90_000;
  const wallClockOffsetMs = world.wallClockMs - world.nowMs;
  const sentAtMs = unixMsFromNtp(sent.ntpSeconds, sent.ntpFraction) - wallClockOffsetMs;
  const sourceTimestamp = sent.rtpTimestamp - outShift;
  expect(sourceTimestamp - rtpAtReport).toBeCloseTo((sentAtMs - reportArrivedMs) * 90, -2);
  expect(sent.packetCount).toBeGreaterThan(180);
});

test('sender reports to subscribers stay right when the wall clock of the publisher is set back by an hour', () => {
  const { world, alice, bob, publisher } = openCall();
  const fromMs = world.nowMs;
  const report = (wallClockMs: number) => {
    const [ntpSeconds, ntpFraction] = [ntpSecondsFromUnixMs(wallClockMs), ntpFractionFromUnixMs(wallClockMs)];
    const values = { rtpTimestamp: 90_000 + 90 * (world.nowMs - fromMs), packetCount: 90, octetCount: 18_000, reports: [] };
    alice.sendRtcp(world.nowMs, (out, offset) => writeSenderReport(out, offset, { senderSsrc: 7, ntpSeconds, ntpFraction, ...values }));
  };
  publisher.publishFor(1000);
  report(world.wallClockMs);
  publisher.publishFor(1000);

  report(world.wallClockMs - 3_600_000);
  publisher.publishFor(2000);

  const sent = bob.rtcp.filter((packet) => packet.type === 'sender-report').at(-1)!;
  const sentAtMs = unixMsFromNtp(sent.ntpSeconds, sent.ntpFraction) - (world.wallClockMs - world.nowMs);
  const shift = (bob.received[0]?.timestamp ?? 0) - 90_000;
  expect(sent.rtpTimestamp - shift - 90_000).toBeCloseTo(90 * (sentAtMs - fromMs - 10), -2);
});

test('what a publisher reports on its retransmissions says nothing of the clock of its stream', () => {
  const world = new VirtualWorld();
  const alice = world.connectPeer('alice');
  const bob = world.connectPeer('bob');
  world.publish(alice, { trackId: 'camera', ssrcs: [{ ssrc: 7, rtxSsrc: 8 }] });
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70 });
  const publisher = new PublishingPeer(world, alice, new VideoSource({ ssrc: 7, firstTimestamp: 90_000 }));
  publisher.publishFor(1000);
  alice.sendRtp(world.nowMs, { ssrc: 8, payloadType: 97, sequence: 1, timestamp: 90_000, payload: Uint8Array.of(0x03, 0xe8, 0, 0) });
  const report = (senderSsrc: number, rtpTimestamp: number) => {
    const [ntpSeconds, ntpFraction] = [ntpSecondsFromUnixMs(world.wallClockMs), ntpFractionFromUnixMs(world.wallClockMs)];
    const counts = { packetCount: 90, octetCount: 18_000, reports: [] };
    alice.sendRtcp(world.nowMs, (out, offset) =>
      writeSenderReport(out, offset, { senderSsrc, ntpSeconds, ntpFraction, rtpTimestamp, ...counts }),
    );
  };
  report(7, 90_000 + 90 * 1000);
  report(8, 90_000);
  const reportedAtMs = world.nowMs;

  publisher.publishFor(2000);

  const sent = bob.rtcp.filter((packet) => packet.type === 'sender-report').at(-1)!;
  const sentAtMs = unixMsFromNtp(sent.ntpSeconds, sent.ntpFraction) - (world.wallClockMs - world.nowMs);
  const shift = (bob.received[0]?.timestamp ?? 0) - 90_000;
  expect(sent.rtpTimestamp - shift - 90_000).toBeCloseTo(90 * (1000 + sentAtMs - reportedAtMs - 10), -2);
});

test('transport-wide feedback tells the publisher every packet that came, and marks those that did not', () => {
  const world = new VirtualWorld();
  const alice = world.connectPeer('alice');
  world.publish(alice, {
    trackId: 'camera',
    extensions: [TRANSPORT_WIDE_CC],
    ssrcs: [{ ssrc: 7, rtxSsrc: undefined }],
    transportWideCc: true,
  });
  const source = new VideoSource({ ssrc: 7, packetsPerFrame: 1 });
  const lost = new Set([65_534, 0, 7]);

  for (let count = 0; count < 40; count++) {
    const transportSequence = (65_530 + count) & 0xffff;
    const extensions = new Map([[TRANSPORT_WIDE_CC.id, Uint8Array.of(transportSequence >> 8, transportSequence & 0xff)]]);
    for (const packet of source.nextFrame('inter')) if (!lost.has(transportSequence)) alice.sendRtp(world.nowMs, { ...packet, extensions });
    world.run(10);
  }
  world.run(300);

  const feedback = alice.rtcp.filter((packet) => packet.type === 'transport-feedback');
  const received = feedback.flatMap(({ baseSequence, receivedOffsets }) =>
    [...receivedOffsets].map((offset) => (baseSequence + offset) & 0xffff),
  );
  const reportedOn = feedback.reduce((count, { statusCount }) => count + statusCount, 0);
  const sent = Array.from({ length: 40 }, (_, count) => (65_530 + count) & 0xffff);
  expect(received).toEqual(sent.filter((sequence) => !lost.has(sequence)));
  expect(reportedOn).toBe(40);
});

test('when a publication ends its subscribers get a BYE for their SSRC and nothing after it', () => {
  const world = new VirtualWorld();
  const alice = world.connectPeer('alice');
  const bob = world.connectPeer('bob');
  world.publish(alice, { trackId: 'camera', ssrcs: [{ ssrc: 7, rtxSsrc: undefined }] });
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70 });
  const publisher = new PublishingPeer(world, alice, new VideoSource({ ssrc: 7 }));
  publisher.publishFor(500);
  world.engine.handleCommand(world.nowMs, { type: 'remove-publisher-track', trackId: 'camera' });
  world.run(50);
  // As the session does that is told: its subscription has no source any more, and then is gone.
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70 });
  world.engine.handleCommand(world.nowMs, { type: 'remove-subscriber-track', subscriptionId: 'bob/70' });
  world.run(50);
  const receivedBefore = bob.received.length;

  publisher.publishFor(500);

  expect(bob.rtcp.filter((packet) => packet.type === 'bye').flatMap(({ ssrcs }) => ssrcs)).toEqual([70]);
  expect(bob.received).toHaveLength(receivedBefore);
});

test('a subscription that is given another publication goes on in the same outgoing stream', () => {
  const world = new VirtualWorld();
  const alice = world.connectPeer('alice');
  const carol = world.connectPeer('carol');
  const bob = world.connectPeer('bob');
  world.publish(alice, { trackId: 'camera', ssrcs: [{ ssrc: 7, rtxSsrc: undefined }] });
  world.publish(carol, { trackId: 'screen', ssrcs: [{ ssrc: 8, rtxSsrc: undefined }] });
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70 });
  const camera = new PublishingPeer(world, alice, new VideoSource({ ssrc: 7 }));
  const screen = new PublishingPeer(world, carol, new VideoSource({ ssrc: 8, firstSequence: 60_000, payloadBytes: 400 }));
  camera.publishFor(500);
  world.subscribe(bob, { sourceTrackId: 'screen', ssrc: 70 });

  screen.publishFor(500);

  const sequences = bob.received.map(({ sequence }) => sequence);
  expect(bob.received.at(-1)?.payload).toHaveLength(400);
  expect(sequences).toEqual(sequences.map((_, index) => ((sequences[0] ?? 0) + index) & 0xffff));
});
