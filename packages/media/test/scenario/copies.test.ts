/** One stream that comes by two ways, as a relayed track does while it moves from one to the other. */
import { PublishingPeer, ReceivingPeer, serialOf, VideoSource, VirtualWorld } from '@causeway/testkit';

const FRAME_MS = 33;
const PACKETS_PER_FRAME = 3;

/** What the publisher's numbers begin with. */
interface Beginning {
  readonly sequence: number;
  readonly otherSequence: number;
  readonly timestamp: number;
  readonly packetsPerFrame: number;
}

/** The same packets twice, the second copy later by `lagMs`; negative: earlier. */
class TwoWays {
  readonly world = new VirtualWorld();
  readonly bob = this.world.connectPeer('bob');
  readonly one: PublishingPeer;
  readonly other: PublishingPeer;
  readonly receiver = new ReceivingPeer(this.world, this.bob, { ssrc: 70 });
  readonly #lagMs: number;
  readonly #begin: Beginning;

  /** @param copyOf what the engine is told that both are copies of */
  constructor(lagMs: number, copyOf?: string, begin: Partial<Beginning> = {}) {
    this.#lagMs = lagMs;
    this.#begin = { sequence: 1000, otherSequence: 60_000, timestamp: 90_000, packetsPerFrame: PACKETS_PER_FRAME, ...begin };
    this.one = this.#publisher('one', 7, this.#begin.sequence, copyOf);
    this.other = this.#publisher('other', 8, this.#begin.otherSequence, copyOf);
    for (const peer of [this.one.peer, this.other.peer, this.bob]) this.world.keepAlive(peer, 20_000);
  }

  watch(trackId: string, { paused = false } = {}): void {
    this.world.subscribe(this.bob, { sourceTrackId: trackId, ssrc: 70, paused });
  }

  /** Ends in the middle between two frames of the earlier copy. */
  publish(frames: number): void {
    const [first, second] = this.#lagMs < 0 ? [this.other, this.one] : [this.one, this.other];
    for (let frame = 0; frame < frames; frame++) {
      this.world.after(0, () => first.sendFrame());
      this.world.after(Math.abs(this.#lagMs), () => second.sendFrame());
      this.world.run(FRAME_MS);
    }
  }

  get serials(): readonly number[] {
    return this.receiver.inOrder.map(({ payload }) => serialOf(payload));
  }

  /** What the timestamp grows by from frame to frame. */
  get timestampSteps(): ReadonlySet<number> {
    const timestamps = [...new Set(this.receiver.inOrder.map(({ timestamp }) => timestamp))];
    return new Set(timestamps.slice(1).map((timestamp, index) => (timestamp - (timestamps[index] ?? 0)) >>> 0));
  }

  #publisher(trackId: string, ssrc: number, firstSequence: number, copyOf: string | undefined): PublishingPeer {
    const peer = this.world.connectPeer(trackId);
    this.world.publish(peer, { trackId, ssrcs: [{ ssrc, rtxSsrc: undefined }], ...(copyOf !== undefined && { copyOf }) });
    const { timestamp: firstTimestamp, packetsPerFrame } = this.#begin;
    const source = new VideoSource({ ssrc, firstSequence, firstTimestamp, packetsPerFrame });
    return new PublishingPeer(this.world, peer, source);
  }
}

/** Loses one packet of media, the one after `packets` others. */
function loseOnce(packets: number): (datagram: Uint8Array) => boolean {
  let left = packets;
  return (datagram) => isMedia(datagram) && left-- === 0;
}

function isMedia(datagram: Uint8Array): boolean {
  return (datagram[0] ?? 0) >= 128 && (datagram[1] ?? 0) < 192;
}

describe('a subscriber that is moved from one copy of a stream to another', () => {
  it.each([0, 20, -20, 60, -60])('misses nothing and gets nothing twice when the new one is %i ms later', (lagMs) => {
    const ways = new TwoWays(lagMs, 'camera');
    ways.watch('one');
    ways.publish(30);
    const keyframesBefore = ways.other.keyframeRequestsMs.length;

    ways.watch('other');
    ways.publish(30);
    ways.world.run(200);

    const { serials, receiver } = ways;
    expect(serials).toEqual(Array.from({ length: serials.length }, (_, index) => (serials[0] ?? 0) + index));
    expect(serials.length).toBeGreaterThan(55 * PACKETS_PER_FRAME);
    expect(receiver.missing).toEqual([]);
    expect(receiver.duplicates).toBe(0);
    expect(ways.other.keyframeRequestsMs.length).toBe(keyframesBefore);
    // One stream to the decoder, too: a frame every 3000 ticks, and picture ids one after the other.
    const frames = receiver.inOrder.filter((_, index) => index % PACKETS_PER_FRAME === 0);
    const steps = frames.slice(1).map(({ timestamp }, index) => timestamp - (frames[index]?.timestamp ?? 0));
    expect(new Set(steps)).toEqual(new Set([3000]));
    const pictureIds = frames.map(({ payload }) => (((payload[2] ?? 0) & 0x7f) << 8) | (payload[3] ?? 0));
    expect(pictureIds.slice(1).map((id, index) => id - (pictureIds[index] ?? 0))).toEqual(steps.map(() => 1));
  });

  const moveAtPacket = 30 * PACKETS_PER_FRAME;
  it.each([-7, -3, -2, -1, 0, 1, 2, 3, 7])('misses nothing when all its numbers wrap about then, %i packets after the move', (packets) => {
    const wrapping = 65_536 - moveAtPacket - packets;
    const ways = new TwoWays(20, 'camera', {
      sequence: wrapping,
      otherSequence: wrapping - 1,
      timestamp: 2 ** 32 - 3000 * 30 - 1000 * packets,
    });
    ways.watch('one');
    ways.publish(30);
    const keyframesBefore = ways.other.keyframeRequestsMs.length;
    ways.world.linksOf(ways.other.peer.path).up.lose = loseOnce(2);

    ways.watch('other');
    ways.publish(10);
    ways.watch('one');
    ways.publish(30);
    ways.world.run(200);

    expect(ways.serials).toEqual(Array.from({ length: 70 * PACKETS_PER_FRAME }, (_, serial) => serial));
    expect(ways.receiver.missing).toEqual([]);
    expect(ways.receiver.duplicates).toBe(0);
    expect(ways.other.keyframeRequestsMs.length).toBe(keyframesBefore);
    expect(ways.timestampSteps).toEqual(new Set([3000]));
  });

  it('misses nothing when the numbers that it is sent wrap at the move', () => {
    const packetsPerFrame = 80;
    const ways = new TwoWays(0, 'camera', { packetsPerFrame });
    ways.watch('one');
    ways.publish(1);
    // The numbers of a subscription begin in the lower half of their range (RFC 3711 section 3.3.1).
    const [first = 0] = ways.receiver.packets.keys();
    const framesBefore = Math.ceil((65_536 - first) / packetsPerFrame) - 1;
    ways.publish(framesBefore - 1);

    ways.watch('other');
    ways.publish(5);

    const { serials, receiver } = ways;
    expect(serials).toEqual(Array.from({ length: (framesBefore + 5) * packetsPerFrame }, (_, serial) => serial));
    expect(first + framesBefore * packetsPerFrame).toBeLessThan(65_536);
    expect(first + serials.length).toBeGreaterThan(65_536);
    expect(receiver.missing).toEqual([]);
    expect(receiver.duplicates).toBe(0);
  });

  it('still gets what was lost on the old way and is sent again after the move', () => {
    const ways = new TwoWays(0, 'camera');
    ways.watch('one');
    ways.publish(30);
    let lost = 0;
    ways.world.linksOf(ways.one.peer.path).up.lose = (datagram) => isMedia(datagram) && lost++ === 1;
    ways.publish(1);
    const missingBefore = ways.receiver.missing.length;

    ways.watch('other');
    ways.publish(30);

    expect(missingBefore).toBe(1);
    expect(ways.receiver.missing).toEqual([]);
    expect(ways.serials).toEqual(Array.from({ length: 61 * PACKETS_PER_FRAME }, (_, serial) => serial));
    expect(ways.receiver.duplicates).toBe(0);
  });

  it('gets what had come by the new way before it was moved', () => {
    const ways = new TwoWays(0, 'camera');
    ways.watch('one');
    ways.publish(10);
    ways.other.sendFrame();
    ways.world.run(FRAME_MS);

    ways.watch('other');
    ways.one.sendFrame();
    ways.publish(10);

    const { serials } = ways;
    expect(serials).toEqual(Array.from({ length: serials.length }, (_, index) => (serials[0] ?? 0) + index));
  });
});

test('a subscriber that is resumed on another copy begins with a keyframe, for it has missed what came meanwhile', () => {
  const ways = new TwoWays(0, 'camera');
  ways.watch('one');
  ways.publish(30);
  const before = ways.serials.length;
  ways.watch('one', { paused: true });
  ways.publish(30);
  const requestsBefore = ways.other.keyframeRequestsMs.length;

  ways.watch('other');
  ways.publish(20);

  // Its publisher makes keyframes only when asked.
  expect(ways.other.keyframeRequestsMs.length).toBe(requestsBefore + 1);
  const [first] = ways.receiver.inOrder.slice(before);
  expect((first?.payload[5] ?? 1) & 1).toBe(0);
});

test('a subscriber that is resumed with another publication begins with its last keyframe, if that is of this moment', () => {
  const ways = new TwoWays(0);
  ways.watch('one');
  ways.one.sendFrame();
  ways.world.run(FRAME_MS);
  ways.watch('one', { paused: true });
  // Its first frame is a keyframe.
  ways.other.sendFrame();
  ways.world.run(FRAME_MS);
  const before = ways.serials.length;

  ways.watch('other');
  for (let frame = 0; frame < 10; frame++) {
    ways.other.sendFrame();
    ways.world.run(FRAME_MS);
  }

  expect(ways.other.keyframeRequestsMs).toEqual([]);
  expect(ways.serials.length - before).toBe(11 * PACKETS_PER_FRAME);
});

test('a subscriber that is moved to a stream of other content begins with its last keyframe, if that is of this moment', () => {
  const ways = new TwoWays(0);
  ways.watch('one');
  for (let frame = 0; frame < 60; frame++) {
    ways.one.sendFrame();
    ways.world.run(FRAME_MS);
  }
  ways.other.sendFrame();
  ways.world.run(FRAME_MS);
  const before = ways.serials.length;

  ways.watch('other');
  ways.world.run(15);
  const after = ways.serials.slice(before);
  for (let frame = 0; frame < 10; frame++) {
    ways.other.sendFrame();
    ways.world.run(FRAME_MS);
  }

  expect(after).toEqual([0, 1, 2]);
  expect(ways.other.keyframeRequestsMs).toEqual([]);
  expect(ways.receiver.missing).toEqual([]);
});

test('a subscriber that is moved to another publication begins with a keyframe, even if the packets are the same', () => {
  const ways = new TwoWays(0);
  ways.watch('one');
  ways.publish(60);
  const requestsBefore = ways.other.keyframeRequestsMs.length;

  ways.watch('other');
  ways.publish(10);

  expect(ways.other.keyframeRequestsMs.length).toBe(requestsBefore + 1);
});
