import { VIDEO_ORIENTATION_URI } from '@causeway/wire';
import { RunningCall, UNHARMED } from './running-call.ts';

const MAX_DATAGRAM_BYTES = 2048;
const DEPENDENCY_DESCRIPTOR_URI = 'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension';
const EXTENSIONS = [
  { id: 3, uri: VIDEO_ORIENTATION_URI },
  { id: 5, uri: DEPENDENCY_DESCRIPTOR_URI },
];

/** A VP8 keyframe with header extensions of 255 bytes, as long as a datagram may be. */
function packetOfLength(length: number, sequence: number): Uint8Array {
  const values = EXTENSIONS.flatMap(({ id }) => [id, 255, ...new Array<number>(255).fill(id)]);
  const words = Math.ceil(values.length / 4);
  const header = [0x90, 96, sequence >> 8, sequence & 0xff, 0, 0, 0, 0, 0, 0, 0, 9, 0x10, 0, 0, words];
  const payload = [0x10, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00];
  const packet = new Uint8Array(length).fill(0xee);
  packet.set(header);
  packet.fill(0, header.length, header.length + words * 4);
  packet.set(values, header.length);
  packet.set(payload, header.length + words * 4);
  return packet;
}

test('a packet that would not fit a slot with its header extensions is dropped, and writes over no other packet', () => {
  const call = new RunningCall();
  const { world } = call;
  const mallory = world.connectPeer('mallory');
  const carol = world.connectPeer('carol');
  world.publish(mallory, { trackId: 'large', ssrcs: [{ ssrc: 9, rtxSsrc: undefined }], extensions: EXTENSIONS });
  world.subscribe(carol, { sourceTrackId: 'large', ssrc: 90, extensions: EXTENSIONS });
  let sequence = 0;

  // As many as there are slots in the ring, so that one of them comes last in memory.
  call.runFor(5000, (nowMs) => {
    for (let length = 1000; length <= MAX_DATAGRAM_BYTES; length += 37) mallory.sendRaw(nowMs, packetOfLength(length, ++sequence));
  });

  const { slotSizeBytes, slotCount } = world.suite.arena;
  expect(sequence).toBeGreaterThan(slotCount);
  expect(call.harm).toEqual(UNHARMED);
  expect(call.drops('too-large')).toBeGreaterThan(1000);
  expect(carol.received.length).toBeGreaterThan(1000);
  expect(Math.max(...carol.received.map(({ payload }) => payload.length)) + 2 * 257).toBeLessThan(slotSizeBytes);
  expect(carol.received.every(({ payload }) => payload.subarray(11).every((byte) => byte === 0xee))).toBe(true);
});
