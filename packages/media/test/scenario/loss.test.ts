import { CLEAN_LINK, type Impairment, PublishingPeer, ReceivingPeer, serialOf, VideoSource, VirtualWorld } from '@causeway/testkit';

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
  const world = new VirtualWorld(7);
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
