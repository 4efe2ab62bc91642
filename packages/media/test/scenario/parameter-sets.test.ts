/** H.264 whose parameter sets come in packets of their own, as GStreamer sends it: without them no receiver can begin. */
import { ReceivingPeer, type RtpToSend, type ScriptedPeer, VirtualWorld, VP8 } from '@causeway/testkit';

const H264 = { ...VP8, payloadType: 102, name: 'h264', fmtp: 'packetization-mode=1;profile-level-id=42e01f', rtxPayloadType: undefined };
const SEQUENCE_PARAMETERS = Uint8Array.of(0x67, 0x42, 0xe0, 0x1f);
const PICTURE_PARAMETERS = Uint8Array.of(0x68, 0xce, 0x3c, 0x80);
/** Fragments, first and last, of the one slice of a picture (RFC 6184 §5.8). */
const KEY_SLICE = [Uint8Array.of(0x7c, 0x85, 0x88, 1), Uint8Array.of(0x7c, 0x45, 2, 3)];
const SLICE = [Uint8Array.of(0x7c, 0x81, 0x88, 1), Uint8Array.of(0x7c, 0x41, 2, 3)];

class H264Source {
  readonly #world: VirtualWorld;
  readonly #peer: ScriptedPeer;
  #sequence = 100;
  #timestamp = 90_000;

  constructor(world: VirtualWorld, peer: ScriptedPeer) {
    this.#world = world;
    this.#peer = peer;
  }

  frame(...payloads: readonly Uint8Array[]): RtpToSend[] {
    this.#timestamp += 3000;
    return payloads.map((payload, place) => ({
      ssrc: 7,
      payloadType: H264.payloadType,
      sequence: this.#sequence++,
      timestamp: this.#timestamp,
      marker: place === payloads.length - 1,
      payload,
    }));
  }

  keyframe(): RtpToSend[] {
    return this.frame(SEQUENCE_PARAMETERS, PICTURE_PARAMETERS, ...KEY_SLICE);
  }

  send(...packets: readonly (RtpToSend | undefined)[]): void {
    for (const packet of packets) if (packet !== undefined) this.#peer.sendRtp(this.#world.nowMs, packet);
    this.#world.run(33);
  }
}

function call() {
  const world = new VirtualWorld();
  const alice = world.connectPeer('alice');
  const bob = world.connectPeer('bob');
  world.publish(alice, { trackId: 'camera', codecs: [H264], ssrcs: [{ ssrc: 7, rtxSsrc: undefined }] });
  world.subscribe(bob, { sourceTrackId: 'camera', codecs: [H264], ssrc: 70 });
  const source = new H264Source(world, alice);
  source.send(...source.frame(...SLICE));
  return { source, receiver: new ReceivingPeer(world, bob, { ssrc: 70 }) };
}

function payloadsOf({ inOrder }: ReceivingPeer): Uint8Array[] {
  return inOrder.map(({ payload }) => payload);
}

test.each([
  ['overtaken by the slice', [1, 2, 3, 0]],
  ['overtaken in the slice', [2, 0, 1, 3]],
  ['in order', [0, 1, 2, 3]],
])('who begins with a keyframe gets its parameter sets, though they were %s', (_how, order) => {
  const { source, receiver } = call();
  const keyframe = source.keyframe();

  source.send(...order.map((place) => keyframe[place]));
  source.send(...source.frame(...SLICE));

  expect(payloadsOf(receiver)).toEqual([SEQUENCE_PARAMETERS, PICTURE_PARAMETERS, ...KEY_SLICE, ...SLICE]);
  expect(receiver.missing).toEqual([]);
});

test('who begins with a keyframe gets its parameter sets, though they were lost and came only after the next picture', () => {
  const { source, receiver } = call();
  const [sequenceParameters, ...others] = source.keyframe();

  source.send(...others);
  source.send(...source.frame(...SLICE));
  source.send(sequenceParameters);

  expect(payloadsOf(receiver)).toEqual([SEQUENCE_PARAMETERS, PICTURE_PARAMETERS, ...KEY_SLICE, ...SLICE]);
});

test('a keyframe of a publisher that sends its parameter sets only once is begun with', () => {
  const { source, receiver } = call();

  source.send(...source.frame(...KEY_SLICE));

  expect(payloadsOf(receiver)).toEqual(KEY_SLICE);
});
