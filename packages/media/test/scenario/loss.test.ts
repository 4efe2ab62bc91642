import { CLEAN_LINK, type Impairment, PublishingPeer, ReceivingPeer, serialOf, VideoSource, VirtualWorld, VP8 } from '@causeway/testkit';
import { PLAYOUT_DELAY_URI, type ReportBlock, RTP_FIXED_HEADER_LENGTH, writeReceiverReport } from '@causeway/wire';

const TEN_PERCENT: Impairment = { ...CLEAN_LINK, delayMs: 20, lossProbability: 0.1 };

interface Call {
  readonly world: VirtualWorld;
  readonly publisher: PublishingPeer;
  readonly subscriber: ReceivingPeer;
}

function call(options: {
  readonly up?: Impairment;
  readonly down?: Impairment;
  readonly rtx?: boolean;
  readonly firstSequence?: number;
}): Call {
  const world = new VirtualWorld(11);
  const alice = world.connectPeer('alice');
  const bob = world.connectPeer('bob');
  if (options.up) world.linksOf(alice.path).up.impairment = options.up;
  if (options.down) world.linksOf(bob.path).down.impairment = options.down;
  world.publish(alice, { trackId: 'camera', ssrcs: [{ ssrc: 7, rtxSsrc: undefined }] });
  const rtx = options.rtx ? { rtxSsrc: 71 } : {};
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70, ...rtx });
  const source = new VideoSource({ ssrc: 7, firstSequence: options.firstSequence ?? 1000 });
  return {
    world,
    publisher: new PublishingPeer(world, alice, source),
    subscriber: new ReceivingPeer(world, bob, { ssrc: 70, ...rtx }),
  };
}

/** Publishes for six seconds, then lets the last repairs arrive. */
function runCall({ world, publisher, subscriber }: Call): void {
  subscriber.askForMissing(8000);
  world.keepAlive(publisher.peer, 8000);
  world.keepAlive(subscriber.peer, 8000);
  publisher.publishFor(6000);
  world.run(1500);
}

/** All but at most the last few packets, whose loss nobody can notice. */
function expectComplete({ publisher, subscriber }: Call): void {
  const serials = subscriber.inOrder.map(({ payload }) => serialOf(payload));
  const first = serials[0] ?? -1;
  expect(subscriber.missing).toEqual([]);
  expect(serials).toEqual(serials.map((_, index) => first + index));
  expect(first).toBeLessThan(40);
  expect(publisher.packetsSent - first - serials.length).toBeLessThan(6);
}

test('a tenth of the packets lost on the way in is asked for again and reaches the subscriber complete and in order', () => {
  const lossy = call({ up: TEN_PERCENT });

  runCall(lossy);

  expect(lossy.world.linksOf(lossy.publisher.peer.path).up.lost).toBeGreaterThan(30);
  expectComplete(lossy);
});

test('a tenth of the packets lost on the way out is repaired from the history, on the RTX stream where one is negotiated', () => {
  const lossy = call({ down: TEN_PERCENT, rtx: true });

  runCall(lossy);

  expectComplete(lossy);
  expect(lossy.subscriber.repairedByRtx).toBeGreaterThan(30);
});

test('without RTX a lost packet is sent again under its own number', () => {
  const lossy = call({ down: TEN_PERCENT });

  runCall(lossy);

  expectComplete(lossy);
  expect(lossy.subscriber.repairedByRtx).toBe(0);
});

test('loss on both ways around the wrap of the sequence number is repaired as anywhere else', () => {
  const fivePercent = { ...TEN_PERCENT, lossProbability: 0.05 };
  const lossy = call({ up: fivePercent, down: fivePercent, rtx: true, firstSequence: 65_300 });

  runCall(lossy);

  expectComplete(lossy);
});

test('the packet right before the wrap, lost alone, is repaired', () => {
  const lossy = call({ firstSequence: 65_400 });
  let lost = 0;
  lossy.world.linksOf(lossy.publisher.peer.path).up.lose = (datagram) => {
    const isLast = datagram[0] === 0x80 && datagram[2] === 0xff && datagram[3] === 0xff;
    return isLast && lost++ === 0;
  };

  runCall(lossy);

  expect(lost).toBe(2);
  expectComplete(lossy);
});

test('reordered and duplicated packets are forwarded once each and nothing is asked for that was only late', () => {
  const shuffled: Impairment = { delayMs: 20, jitterMs: 4, lossProbability: 0, duplicateProbability: 0.05 };
  const rough = call({ up: shuffled });
  rough.world.keepAlive(rough.publisher.peer, 8000);
  rough.world.keepAlive(rough.subscriber.peer, 8000);

  rough.publisher.publishFor(6000);
  rough.world.run(100);

  const nacks = rough.publisher.peer.rtcp.filter(({ type }) => type === 'nack');
  expectComplete(rough);
  expect(rough.subscriber.duplicates).toBe(0);
  expect(nacks.length).toBeLessThan(rough.publisher.packetsSent * 0.05);
});

test('a packet that is lost as often as it is sent again costs a keyframe, not the seconds until the receiver gives up', () => {
  const lossy = call({ rtx: true });
  const { world, publisher, subscriber } = lossy;
  let doomed: string | undefined;
  // One packet late in the call, and all of its repairs.
  world.linksOf(subscriber.peer.path).down.lose = (datagram) => {
    const isRtx = datagram[11] === 71;
    const number = datagram.subarray(isRtx ? 12 : 2, isRtx ? 14 : 4).join();
    if (publisher.packetsSent === 90 && !isRtx) doomed ??= number;
    return number === doomed;
  };
  subscriber.askForMissing(4000);
  world.keepAlive(publisher.peer, 5000);
  world.keepAlive(subscriber.peer, 5000);

  publisher.publishFor(950);
  const lostAtMs = world.nowMs;
  publisher.publishFor(3000);

  const requestedAtMs = publisher.keyframeRequestsMs.find((atMs) => atMs > lostAtMs) ?? Number.POSITIVE_INFINITY;
  expect(doomed).toBeDefined();
  expect(requestedAtMs - lostAtMs).toBeLessThan(600);
});

test('a publisher that sends nothing again is asked for a keyframe soon after a loss, and not for what was only overtaken', () => {
  const world = new VirtualWorld(7);
  const alice = world.connectPeer('alice');
  const bob = world.connectPeer('bob');
  const codecs = [{ ...VP8, nack: false, rtxPayloadType: undefined }];
  world.publish(alice, { trackId: 'camera', codecs, ssrcs: [{ ssrc: 7, rtxSsrc: undefined }] });
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70 });
  const publisher = new PublishingPeer(world, alice, new VideoSource({ ssrc: 7 }));
  const { up } = world.linksOf(alice.path);
  publisher.publishFor(660);
  publisher.keyframeRequestsMs.length = 0;
  up.impairment = { ...CLEAN_LINK, jitterMs: 30 };
  publisher.publishFor(660);
  up.impairment = CLEAN_LINK;
  const requestsWhileReordered = publisher.keyframeRequestsMs.length;
  let lost = 0;
  up.lose = (datagram) => (datagram[0] ?? 0) >= 128 && lost++ === 0;
  const lostAtMs = world.nowMs;

  publisher.publishFor(660);

  expect(requestsWhileReordered).toBe(0);
  expect(publisher.keyframeRequestsMs).toHaveLength(1);
  expect((publisher.keyframeRequestsMs[0] ?? 0) - lostAtMs).toBeLessThan(150);
  expect(alice.rtcp.filter(({ type }) => type === 'nack')).toEqual([]);
});

test('repeats that nobody asked for replace packets that were lost just before them', () => {
  const world = new VirtualWorld(7);
  const alice = world.connectPeer('alice');
  const bob = world.connectPeer('bob');
  world.publish(alice, { trackId: 'camera', ssrcs: [{ ssrc: 7, rtxSsrc: 8 }] });
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70 });
  const subscriber = new ReceivingPeer(world, bob, { ssrc: 70 });
  const source = new VideoSource({ ssrc: 7 });
  for (const packet of source.nextFrame('key')) alice.sendRtp(world.nowMs, packet);
  world.run(50);

  const [lost, ...others] = source.nextFrame('inter');
  const original = Buffer.alloc(2);
  original.writeUInt16BE(lost?.sequence ?? 0);
  const payload = Buffer.concat([original, lost?.payload ?? Buffer.alloc(0)]);
  alice.sendRtp(world.nowMs, { ...lost!, ssrc: 8, payloadType: 97, sequence: 1, payload });
  world.run(50);
  const receivedBeforeOthers = subscriber.packets.size;
  for (const packet of others) alice.sendRtp(world.nowMs, packet);
  world.run(50);

  expect(receivedBeforeOthers).toBe(4);
  expect(subscriber.inOrder.map(({ payload }) => serialOf(payload))).toEqual([0, 1, 2, 3, 4, 5]);
  expect(alice.rtcp.filter(({ type }) => type === 'nack')).toEqual([]);
});

test('a probe that comes late is not missing: its number was kept for it', () => {
  const world = new VirtualWorld();
  const alice = world.connectPeer('alice');
  const bob = world.connectPeer('bob');
  world.publish(alice, { trackId: 'camera', ssrcs: [{ ssrc: 7, rtxSsrc: undefined }] });
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70 });
  const receiver = new ReceivingPeer(world, bob, { ssrc: 70 });
  const source = new VideoSource({ ssrc: 7, packetsPerFrame: 3, probesPerFrame: 2 });
  const [first, second, third] = [source.nextFrame('key'), source.nextFrame('inter'), source.nextFrame('inter')];
  const [lateProbe] = second.splice(-1);

  for (const packet of [...first, ...second, ...third, lateProbe!]) alice.sendRtp(world.nowMs, packet);
  world.run(50);

  expect(receiver.missing).toEqual([]);
  expect(receiver.inOrder.map(({ payload }) => payload.length)).toEqual([...Array(6).fill(200), 0, ...Array(3).fill(200)]);
});

describe('a receiver that reports loss', () => {
  function lossyReport(fractionLost: number): ReportBlock {
    const counts = { cumulativeLost: 0, extendedHighestSeq: 0, jitterTicks: 0, lastSenderReport: 0, delaySinceLastSenderReport: 0 };
    return { ssrc: 70, fractionLost, ...counts };
  }

  function watch(extensions: readonly { readonly id: number; readonly uri: string }[], fractionLost: number) {
    const world = new VirtualWorld();
    const alice = world.connectPeer('alice');
    const bob = world.connectPeer('bob');
    world.publish(alice, { trackId: 'camera', ssrcs: [{ ssrc: 7, rtxSsrc: undefined }], extensions: [{ id: 5, uri: PLAYOUT_DELAY_URI }] });
    world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70, extensions });
    const ofPublisher = new Map([[5, Uint8Array.of(0, 0, 1)]]);
    const publisher = new PublishingPeer(world, alice, new VideoSource({ ssrc: 7, extensions: ofPublisher }));
    world.keepAlive(alice, 5000);
    world.keepAlive(bob, 5000);
    for (const afterMs of [1000, 2000, 3000]) {
      world.after(afterMs, (nowMs) =>
        bob.sendRtcp(nowMs, (out, offset) => writeReceiverReport(out, offset, { senderSsrc: 1, reports: [lossyReport(fractionLost)] })),
      );
    }
    publisher.publishFor(4000);
    return bob.received;
  }

  test('is told to hold pictures back, in place of what the publisher said', () => {
    const received = watch([{ id: 6, uri: PLAYOUT_DELAY_URI }], 26);

    expect(received[0]?.extensions.get(6)).toEqual(Uint8Array.of(0, 0, 1));
    expect(received.at(-1)?.extensions).toEqual(new Map([[6, Uint8Array.of(0x01, 0x43, 0xe8)]]));
  });

  test('is told nothing when the loss is slight', () => {
    expect(watch([{ id: 6, uri: PLAYOUT_DELAY_URI }], 3).at(-1)?.extensions).toEqual(new Map([[6, Uint8Array.of(0, 0, 1)]]));
  });

  test('is told nothing when it has not negotiated how', () => {
    const last = watch([], 26).at(-1);

    expect(last?.headerLength).toBe(RTP_FIXED_HEADER_LENGTH);
  });
});
