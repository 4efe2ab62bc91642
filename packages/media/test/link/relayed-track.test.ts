import { CLEAN_LINK, type Impairment, serialOf } from '@causeway/testkit';
import { TRANSPORT_WIDE_CC_URI } from '@causeway/wire';
import { dropsOf, LINK, LINK_SSRC, LinkedCall } from './linked-call.ts';

const FRAME_INTERVAL_MS = 33;

test('a track reaches a subscriber of another engine, complete and in order', () => {
  const call = new LinkedCall();
  call.relay();
  call.subscribeBob();

  call.runFor(2000);
  call.a.run(100);

  const serials = call.receiver.inOrder.map(({ payload }) => serialOf(payload));
  expect(serials).toEqual(Array.from({ length: call.publisher.packetsSent }, (_, serial) => serial));
  expect(call.receiver.duplicates).toBe(0);
});

test('the first picture comes one way of the link after the keyframe that is asked for at once', () => {
  const oneWayMs = 75;
  const call = new LinkedCall({ link: { ...CLEAN_LINK, delayMs: oneWayMs } });
  call.runFor(1000);
  call.announce('camera', [{ ssrc: LINK_SSRC, rtxSsrc: LINK_SSRC + 1 }]);
  call.subscribeBob();
  const startedMs = call.a.nowMs;

  call.relay();
  call.runFor(500);

  // To Alice and back to A, the wait for her next frame, the link, and the way to Bob.
  const [first] = call.receiver.inOrder;
  expect(first?.atMs).toBeLessThanOrEqual(startedMs + 2 * CLEAN_LINK.delayMs + FRAME_INTERVAL_MS + oneWayMs + CLEAN_LINK.delayMs);
  expect(call.publisher.keyframeRequestsMs).toHaveLength(1);
});

test('packets that are on their way when a track ends count as arrived, for a second', () => {
  const call = new LinkedCall();
  const extensions = [{ id: 14, uri: TRANSPORT_WIDE_CC_URI }];
  for (const [trackId, ssrc] of [['camera', LINK_SSRC] as const, ['same', LINK_SSRC + 2] as const]) {
    const ssrcs = [{ ssrc, rtxSsrc: ssrc + 1 }];
    call.b.publish({ id: LINK }, { trackId, mid: trackId, ssrcs, extensions });
    call.send({ sourceTrackId: 'camera', ssrc, rtxSsrc: ssrc + 1, extensions });
  }
  call.runFor(1000);

  call.b.engine.handleCommand(call.b.nowMs, { type: 'remove-publisher-track', trackId: 'camera' });
  call.runFor(900);
  expect(dropsOf(call.b, 'unknown-ssrc')).toBeGreaterThan(50);
  expect(call.a.engine.traffic.pathPacketsLost).toBe(0);

  // A node that goes on for longer is told that its packets do not arrive.
  call.runFor(1000);
  expect(call.a.engine.traffic.pathPacketsLost).toBeGreaterThan(50);
});

test('whoever joins at the other end while the track is relayed costs one request for a keyframe, and gets one', () => {
  const call = new LinkedCall();
  call.relay();
  call.runFor(2000);
  const requestsBefore = call.publisher.keyframeRequestsMs.length;
  const sentBefore = call.publisher.packetsSent;

  call.subscribeBob();
  call.runFor(1000);
  call.a.run(100);

  const serials = call.receiver.inOrder.map(({ payload }) => serialOf(payload));
  expect(call.publisher.keyframeRequestsMs.length - requestsBefore).toBe(1);
  expect(serials[0]).toBeLessThan(sentBefore + 12);
  expect(serials.at(-1)).toBe(call.publisher.packetsSent - 1);
});

test('a hundred subscribers that lose the picture again and again ask the publisher for two keyframes a second at most', () => {
  const call = new LinkedCall();
  call.relay();
  const subscribers = Array.from({ length: 100 }, (_, place) => call.b.connectPeer(`viewer-${place}`));
  for (const subscriber of subscribers) call.b.subscribe(subscriber, { sourceTrackId: 'camera', ssrc: 90 });
  for (const subscriber of subscribers) call.b.keepAlive(subscriber, 6000);
  call.runFor(1000);
  const before = call.publisher.keyframeRequestsMs.length;

  for (let afterMs = 0; afterMs < 5000; afterMs += 50) {
    call.b.after(afterMs, (nowMs) => {
      for (const subscriber of subscribers) call.b.engine.handleDatagram(nowMs, subscriber.path, pictureLoss(90));
    });
  }
  call.runFor(5000);

  const requests = call.publisher.keyframeRequestsMs.length - before;
  expect(requests).toBeGreaterThan(2);
  expect(requests).toBeLessThanOrEqual(11);
});

describe.each([
  ['2% loss', { ...CLEAN_LINK, delayMs: 75, lossProbability: 0.02 }],
  ['5% loss', { ...CLEAN_LINK, delayMs: 75, lossProbability: 0.05 }],
  ['2% loss, reordering and copies', { delayMs: 75, jitterMs: 30, lossProbability: 0.02, duplicateProbability: 0.01 }],
  ['5% loss, reordering and copies', { delayMs: 75, jitterMs: 30, lossProbability: 0.05, duplicateProbability: 0.01 }],
] satisfies [string, Impairment][])('on a link of 150 ms round trip with %s', (_name, link) => {
  test.each([11, 12, 13])('a subscriber misses at most one packet in a thousand, and gets none twice (seed %i)', (seed) => {
    const call = new LinkedCall({ seed, link, packetsPerFrame: 8 });
    call.relay();
    call.subscribeBob();
    call.receiver.askForMissing(22_000);

    call.runFor(20_000);
    call.a.run(1500);

    const sent = call.publisher.packetsSent;
    const serials = call.receiver.inOrder.map(({ payload }) => serialOf(payload));
    expect(call.link.back.lost).toBeGreaterThan(0.01 * sent);
    // From the first picture on, which may have had to be asked for twice.
    expect(sent - (serials[0] ?? 0) - serials.length).toBeLessThanOrEqual(0.001 * sent);
    expect(serials[0]).toBeLessThan(100);
    expect(new Set(serials).size).toBe(serials.length);
    expect(call.receiver.duplicates).toBe(0);
  });
});

test('a packet that the link loses with four of its repairs still arrives', () => {
  const call = new LinkedCall();
  call.relay();
  call.subscribeBob();
  call.runFor(500);
  let doomed: string | undefined;
  let losses = 0;
  call.link.back.lose = (datagram) => {
    const number = numberOnLink(datagram);
    doomed ??= number;
    return number !== undefined && number === doomed && losses < 5 && losses++ < 5;
  };

  call.runFor(1500);

  expect(losses).toBe(5);
  expect(call.receiver.missing).toEqual([]);
});

test('what the subscriber lost is sent again by its own engine, which asks nobody', () => {
  const call = new LinkedCall();
  call.relay();
  call.subscribeBob();
  call.runFor(500);
  const askedOfAlice = call.alice.rtcp.filter(({ type }) => type === 'nack').length;
  const before = { overTheLink: call.link.back.sent, published: call.publisher.packetsSent };
  let lost = 0;
  call.b.linksOf(call.bob.path).down.lose = (datagram) => (datagram[1] ?? 0) < 192 && (datagram[0] ?? 0) >= 128 && lost++ % 10 === 0;
  call.receiver.askForMissing(3000);

  call.runFor(2000);
  call.b.linksOf(call.bob.path).down.lose = () => false;
  call.a.run(500);

  expect(lost).toBeGreaterThan(100);
  expect(call.receiver.missing).toEqual([]);
  expect(call.receiver.repairedByRtx).toBeGreaterThan(10);
  expect(call.alice.rtcp.filter(({ type }) => type === 'nack').length).toBe(askedOfAlice);
  // Checks and reports come on top of the media.
  const published = call.publisher.packetsSent - before.published;
  expect(call.link.back.sent - before.overTheLink).toBeLessThan(published + 40);
});

test('each engine knows how long the link takes and how much of it is lost', () => {
  const call = new LinkedCall({ link: { ...CLEAN_LINK, delayMs: 60, lossProbability: 0.05 } });
  call.relay();
  call.subscribeBob();

  call.runFor(20_000);

  for (const world of [call.a, call.b]) {
    const [statistics, ...others] = world.engine.answer('link-statistics');
    expect(others).toEqual([]);
    expect(statistics?.transportId).toBe(LINK);
    expect(statistics?.rttMs).toBeCloseTo(120, 0);
    expect(statistics?.lossRatio).toBeGreaterThan(0.02);
    expect(statistics?.lossRatio).toBeLessThan(0.1);
  }
});

test('a publisher that leaves gaps in what it sends makes no link look lossy', () => {
  const call = new LinkedCall();
  call.relay();
  call.subscribeBob();
  let packets = 0;
  call.a.linksOf(call.alice.path).up.lose = (datagram) => (datagram[0] ?? 0) >= 128 && (datagram[1] ?? 0) < 192 && packets++ % 10 > 0;

  call.runFor(15_000);

  expect(packets).toBeGreaterThan(1000);
  expect(call.receiver.inOrder.length).toBeGreaterThan(100);
  for (const world of [call.a, call.b]) expect(world.engine.answer('link-statistics')).toMatchObject([{ lossRatio: 0 }]);
});

test('streams that rest do not make a lossy link look better', () => {
  const call = new LinkedCall({ link: { ...CLEAN_LINK, delayMs: 60, lossProbability: 0.1 }, packetsPerFrame: 8 });
  call.relay();
  for (let place = 0; place < 9; place++) {
    const ssrc = 3000 + place;
    call.announce(`spare-${place}`, [{ ssrc, rtxSsrc: undefined }]);
    call.send({ sourceTrackId: 'camera', ssrc });
  }
  call.runFor(1000);
  for (let place = 0; place < 9; place++) call.send({ sourceTrackId: 'camera', ssrc: 3000 + place, paused: true });

  call.runFor(15_000);

  for (const world of [call.a, call.b]) {
    const [statistics] = world.engine.answer('link-statistics');
    // Nine streams of ten rest: if they counted, it would be a tenth of what it is.
    expect(statistics?.lossRatio).toBeGreaterThan(0.04);
    expect(statistics?.lossRatio).toBeLessThan(0.18);
  }
});

test('a track that ends on the sending side leaves nothing of the next one to be taken for it', () => {
  const call = new LinkedCall();
  call.relay();
  call.subscribeBob();
  call.runFor(500);

  call.b.engine.handleCommand(call.b.nowMs, { type: 'remove-publisher-track', trackId: 'camera' });
  call.announce('screen', [{ ssrc: 2000, rtxSsrc: undefined }]);
  call.runFor(100);

  expect(call.b.engine.census()).toMatchObject({ publisherTracks: 1, receiveStreams: 0 });
  expect(call.b.engine.drops()['unknown-ssrc']).toBeGreaterThan(5);
});

test('closing the link frees everything at both ends', () => {
  const call = new LinkedCall();
  call.relay();
  call.subscribeBob();
  call.runFor(1000);

  call.a.engine.handleCommand(call.a.nowMs, { type: 'close-transport', transportId: LINK });
  call.a.run(100);
  const closedAt = { a: call.a.engine.census(), b: call.b.engine.census() };
  call.a.engine.handleCommand(call.a.nowMs, { type: 'close-transport', transportId: 'alice' });
  call.b.engine.handleCommand(call.b.nowMs, { type: 'close-transport', transportId: 'bob' });

  expect(closedAt.a).toMatchObject({ transports: 1, userFragments: 1, paths: 1, subscriberTracks: 0, linkChecks: 0 });
  expect(closedAt.b).toMatchObject({ transports: 1, userFragments: 1, paths: 1, publisherTracks: 0, subscriberTracks: 1, linkChecks: 0 });
  for (const world of [call.a, call.b]) {
    expect(new Set(Object.values(world.engine.census()))).toEqual(new Set([0]));
    expect(world.suite.openEndpoints).toBe(0);
  }
});

/** The sequence number that a datagram of the relayed track carries, sent again or not. Virtual worlds do not encrypt. */
function numberOnLink(datagram: Uint8Array): string | undefined {
  if (datagram.length < 16) return undefined;
  const ssrc = Buffer.from(datagram).readUInt32BE(8);
  if (ssrc === LINK_SSRC) return datagram.subarray(2, 4).join();
  return ssrc === LINK_SSRC + 1 ? datagram.subarray(12, 14).join() : undefined;
}

/** A PLI in a packet of its own (RFC 4585 §6.3.1). */
function pictureLoss(ssrc: number): Uint8Array {
  const packet = new Uint8Array(12);
  packet.set([0x81, 206, 0, 2]);
  const view = new DataView(packet.buffer);
  view.setUint32(4, 1);
  view.setUint32(8, ssrc);
  return packet;
}

test('what a track came under, no later track of the link can come under', () => {
  const call = new LinkedCall();
  call.relay();
  call.runFor(500);

  call.b.engine.handleCommand(call.b.nowMs, { type: 'remove-publisher-track', trackId: 'camera' });
  call.announce('another', [{ ssrc: LINK_SSRC, rtxSsrc: LINK_SSRC + 1 }]);
  call.b.subscribe(call.bob, { sourceTrackId: 'another', ssrc: 70, rtxSsrc: 71 });
  call.runFor(1000);

  expect(call.receiver.inOrder).toEqual([]);
  expect(call.b.engine.drops()['unknown-ssrc']).toBeGreaterThan(50);
});
