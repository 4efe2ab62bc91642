/** What the dependency descriptor counts: every publisher from 0, and a receiver of several one after the other must not notice. */
import { type RtpToSend, type ScriptedPeer, VideoSource, VirtualWorld } from '@causeway/testkit';
import { DEPENDENCY_DESCRIPTOR_URI, writeNack } from '@causeway/wire';

const PUBLISHERS_ID = 12;
const SUBSCRIBERS_ID = 5;

/** Sends a frame with its number in each packet (appendix A.8 of the AV1 RTP payload format). */
class NumberedSource {
  readonly #world: VirtualWorld;
  readonly #peer: ScriptedPeer;
  readonly #source: VideoSource;
  #frameNumber: number;

  constructor(world: VirtualWorld, peer: ScriptedPeer, ssrc: number, firstFrameNumber: number) {
    this.#world = world;
    this.#peer = peer;
    this.#source = new VideoSource({ ssrc, packetsPerFrame: 2 });
    this.#frameNumber = firstFrameNumber;
  }

  sendFrames(...kinds: ('key' | 'inter')[]): void {
    for (const kind of kinds) {
      const number = this.#frameNumber++ & 0xffff;
      const [first, last] = this.#source.nextFrame(kind);
      this.#send(first!, Uint8Array.of(0x80, number >> 8, number & 0xff));
      this.#send(last!, Uint8Array.of(0x40, number >> 8, number & 0xff));
      this.#world.run(33);
    }
  }

  #send(packet: RtpToSend, descriptor: Uint8Array): void {
    this.#peer.sendRtp(this.#world.nowMs, { ...packet, extensions: new Map([[PUBLISHERS_ID, descriptor]]) });
  }
}

function numbersOf(received: readonly { readonly extensions: ReadonlyMap<number, Uint8Array> }[]): number[] {
  return received.map(({ extensions }) => {
    const [flags, high, low] = extensions.get(SUBSCRIBERS_ID) ?? [];
    expect([0x80, 0x40]).toContain(flags);
    return ((high ?? 0) << 8) | (low ?? 0);
  });
}

function callOfTwoPublishers() {
  const world = new VirtualWorld();
  const bob = world.connectPeer('bob');
  const sourceOf = (trackId: string, ssrc: number, firstFrameNumber: number) => {
    const peer = world.connectPeer(trackId);
    const extensions = [{ id: PUBLISHERS_ID, uri: DEPENDENCY_DESCRIPTOR_URI }];
    world.publish(peer, { trackId, ssrcs: [{ ssrc, rtxSsrc: undefined }], extensions });
    return new NumberedSource(world, peer, ssrc, firstFrameNumber);
  };
  const watch = (sourceTrackId: string) =>
    world.subscribe(bob, { sourceTrackId, ssrc: 70, extensions: [{ id: SUBSCRIBERS_ID, uri: DEPENDENCY_DESCRIPTOR_URI }] });
  return { world, bob, camera: sourceOf('camera', 7, 65_534), screen: sourceOf('screen', 8, 300), watch };
}

test('frame numbers of the first publisher are kept, and those of the next ones go on from there', () => {
  const { world, bob, camera, screen, watch } = callOfTwoPublishers();
  watch('camera');
  camera.sendFrames('key', 'inter', 'inter', 'inter');
  watch('screen');
  screen.sendFrames('key', 'inter', 'inter');
  world.run(300);
  watch('camera');
  camera.sendFrames('inter', 'inter', 'key', 'inter');

  const ofFrames = [65_534, 65_535, 0, 1, 2, 3, 4, 5, 6];
  expect(numbersOf(bob.received)).toEqual(ofFrames.flatMap((number) => [number, number]));
});

test('a packet that is sent again after the switch has the number it had', () => {
  const { world, bob, camera, screen, watch } = callOfTwoPublishers();
  watch('camera');
  camera.sendFrames('key', 'inter');
  watch('screen');
  screen.sendFrames('key', 'inter');
  const lost = [bob.received[2]!, bob.received[6]!];
  const before = bob.received.length;

  for (const { sequence } of lost) {
    bob.sendRtcp(world.nowMs, (out, offset) => writeNack(out, offset, { senderSsrc: 1, mediaSsrc: 70, lost: [sequence] }));
  }
  world.run(30);

  const again = bob.received.slice(before);
  expect(again.map(({ sequence }) => sequence)).toEqual(lost.map(({ sequence }) => sequence));
  expect(numbersOf(again)).toEqual(numbersOf(lost));
});
