import type { ExtensionPlan } from '@causeway/media';
import { type ReceivedRtp, ReceivingPeer, type ScriptedPeer, VideoSource } from '@causeway/testkit';
import { ABS_SEND_TIME_URI, AUDIO_LEVEL_URI, MID_URI, TRANSPORT_WIDE_CC_URI, VIDEO_ORIENTATION_URI } from '@causeway/wire';
import { RunningCall, UNHARMED } from './running-call.ts';

const PUBLISHER_EXTENSIONS = [
  { id: 3, uri: MID_URI },
  { id: 4, uri: ABS_SEND_TIME_URI },
  { id: 5, uri: TRANSPORT_WIDE_CC_URI },
  { id: 6, uri: VIDEO_ORIENTATION_URI },
];
/** The same ids with other meanings. */
const SUBSCRIBER_EXTENSIONS: readonly [ExtensionPlan, ...ExtensionPlan[]] = [
  { id: 3, uri: TRANSPORT_WIDE_CC_URI },
  { id: 4, uri: VIDEO_ORIENTATION_URI },
  { id: 5, uri: MID_URI },
  { id: 6, uri: AUDIO_LEVEL_URI },
];

interface Pair {
  readonly call: RunningCall;
  readonly mallory: ScriptedPeer;
  readonly carol: ScriptedPeer;
  readonly source: VideoSource;
}

function publishing(): Pair {
  const call = new RunningCall();
  const mallory = call.world.connectPeer('mallory');
  const carol = call.world.connectPeer('carol');
  call.world.publish(mallory, { trackId: 'evil', mid: 'a', ssrcs: [{ ssrc: 9, rtxSsrc: undefined }], extensions: PUBLISHER_EXTENSIONS });
  call.world.subscribe(carol, { sourceTrackId: 'evil', ssrc: 90, mid: 'b', extensions: SUBSCRIBER_EXTENSIONS });
  return { call, mallory, carol, source: new VideoSource({ ssrc: 9, packetsPerFrame: 1, payloadBytes: 100 }) };
}

/** An RTP packet whose header extension block is these very bytes. */
function packetWithBlock(profile: number, block: readonly number[], payload: Uint8Array, sequence: number): Uint8Array {
  const padded = [...block, ...new Array<number>((4 - (block.length % 4)) % 4).fill(0)];
  const words = padded.length / 4;
  const header = [0x90, 96, sequence >> 8, sequence & 0xff, 0, 0, 0, 0, 0, 0, 0, 9, profile >> 8, profile & 0xff, words >> 8, words & 0xff];
  return Uint8Array.from([...header, ...padded, ...payload]);
}

/** All but the transport-wide number, which is the subscriber's own and another in every packet. */
function namesOf(packet: ReceivedRtp | undefined): Record<number, string> {
  const [{ id: ownId }] = SUBSCRIBER_EXTENSIONS;
  const passedOn = [...(packet?.extensions ?? [])].filter(([id]) => id !== ownId);
  return Object.fromEntries(passedOn.map(([id, value]) => [id, Buffer.from(value).toString('latin1')]));
}

test('a subscriber gets its own ids, its own MID and of the publisher’s values only those on the list', () => {
  const { call, mallory, carol, source } = publishing();
  const extensions = new Map([
    [3, Buffer.from('a')],
    [4, Uint8Array.of(1, 2, 3)],
    [5, Uint8Array.of(0, 9)],
    [6, Uint8Array.of(0x02)],
    [7, Buffer.from('unknown')],
  ]);

  call.runFor(500, (nowMs) => {
    for (const packet of source.nextFrame('key')) mallory.sendRtp(nowMs, { ...packet, extensions });
  });

  expect(call.harm).toEqual(UNHARMED);
  expect(carol.received.length).toBeGreaterThan(10);
  expect(namesOf(carol.received[0])).toEqual({ 4: '\u0002', 5: 'b' });
  expect(new Set(carol.received.map((packet) => JSON.stringify(namesOf(packet)))).size).toBe(1);
});

test.each<[string, number, readonly number[], Record<number, string>]>([
  ['of id 0 with a length', 0xbede, [0x02, 1, 2, 3, 0x60, 0x02], { 5: 'b' }],
  ['of id 15 before the others', 0xbede, [0xf0, 1, 0x60, 0x02], { 5: 'b' }],
  ['that stands there twice: the first counts', 0xbede, [0x60, 0x02, 0x60, 0x03], { 4: '\u0002', 5: 'b' }],
  ['that runs past the block', 0xbede, [0x6f, 0x02], { 5: 'b' }],
  ['in two-byte form', 0x1000, [6, 1, 0x02], { 4: '\u0002', 5: 'b' }],
  ['in two-byte form that runs past the block', 0x1000, [6, 255, 0x02], { 5: 'b' }],
  ['in two-byte form of length 0', 0x1000, [6, 0], { 5: 'b' }],
  ['in a form that is neither', 0x2000, [0x60, 0x02], { 5: 'b' }],
])('an element %s reaches a subscriber as what it is, or not at all', (_what, profile, block, expected) => {
  const { call, mallory, carol, source } = publishing();
  const [packet] = source.nextFrame('key');
  if (packet === undefined) throw new Error('a frame has a packet');

  mallory.sendRaw(call.world.nowMs, packetWithBlock(profile, block, packet.payload, packet.sequence));
  call.runFor(200);

  expect(call.harm).toEqual(UNHARMED);
  expect(carol.received).toHaveLength(1);
  expect(namesOf(carol.received[0])).toEqual(expected);
  expect(carol.received[0]?.payload.subarray(5)).toEqual(packet.payload.subarray(5));
});

test('what a stranger to the negotiation sends as MID of another section stays in its own session', () => {
  const { call, mallory } = publishing();
  const receiver = new ReceivingPeer(call.world, mallory, { ssrc: 1 });

  call.runFor(300, (nowMs) => {
    for (const mid of ['0', 'b', 'camera']) {
      mallory.sendRtp(nowMs, {
        ssrc: 7,
        payloadType: 96,
        sequence: 1000,
        timestamp: 0,
        payload: new Uint8Array(50),
        extensions: new Map([[3, Buffer.from(mid)]]),
      });
    }
  });

  expect(call.harm).toEqual(UNHARMED);
  expect(receiver.packets.size).toBe(0);
  expect(call.drops('unknown-ssrc')).toBe(30);
});
