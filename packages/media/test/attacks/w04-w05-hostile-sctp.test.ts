import { plainApplicationData, type ScriptedPeer } from '@causeway/testkit';
import { SctpChunkType } from '@causeway/wire';
import { buildSctp, dataBody, initBody, withChecksum } from '../data/association/packets.ts';
import { RunningCall, UNHARMED } from './running-call.ts';

const DCEP_ACK = Uint8Array.from(Buffer.from('00000001000600000000003202', 'hex'));
const UNKNOWN_PROTOCOL = Uint8Array.from(Buffer.from('0000000100000000000000633f', 'hex'));

/** Each of these ended the process of werift, or kept it busy for ever. */
const PACKETS: readonly [string, Uint8Array][] = [
  ['W04: of three bytes', new Uint8Array(3)],
  ['W04: with a wrong checksum', buildSctp(0, { type: 1, body: initBody() }).fill(0xee, 8, 12)],
  ['W04: with an unknown payload protocol', buildSctp(0, { type: 0, body: UNKNOWN_PROTOCOL })],
  ['W04: with an acknowledgement of no channel', buildSctp(0, { type: 0, body: DCEP_ACK })],
  ['W05: with a chunk of length 0', buildSctp(0, { type: 11, body: new Uint8Array(0), claimedLength: 0 })],
  ['W05: with an INIT parameter of length 0', buildSctp(0, { type: 1, body: initBody(Uint8Array.of(0xc0, 0, 0, 0)) })],
  ['with an INIT parameter of length 3', buildSctp(0, { type: 1, body: initBody(Uint8Array.of(0xc0, 0, 0, 3)) })],
  ['with chunks that overlap the end', withChecksum(Uint8Array.of(...buildSctp(0, { type: 0, body: DCEP_ACK }), 0, 0, 0xff, 0xff))],
  ['of nothing but a header', withChecksum(new Uint8Array(12))],
];

function census({ world }: RunningCall) {
  const { associations, dataChannels } = world.engine.census();
  return { associations, dataChannels };
}

/** Sends packets to the engine inside valid DTLS, thirty times a second. */
function attackWith(call: RunningCall, mallory: ScriptedPeer, packet: Uint8Array): void {
  call.runFor(3000, (nowMs) => {
    for (let copy = 0; copy < 5; copy++) mallory.sendRaw(nowMs, plainApplicationData(packet));
  });
}

describe('an admitted peer that sends an SCTP packet', () => {
  test.each(PACKETS)('%s harms nobody, before it has an association', (_what, packet) => {
    const call = new RunningCall();
    const mallory = call.world.connectPeer('mallory');

    attackWith(call, mallory, packet);

    const { malformedPackets, foreignPackets } = call.world.engine.dataCounters;
    expect(call.harm).toEqual(UNHARMED);
    expect(malformedPackets + foreignPackets).toBeGreaterThan(400);
    expect(census(call)).toEqual({ associations: 0, dataChannels: 0 });
    expect(call.drops('defect')).toBe(0);
  });

  test.each(PACKETS)('%s harms nobody, inside an association', (_what, packet) => {
    const call = new RunningCall();
    const mallory = call.world.connectPeer('mallory');
    establish(call, mallory);

    attackWith(call, mallory, packet);

    expect(call.harm).toEqual(UNHARMED);
    expect(census(call)).toEqual({ associations: 1, dataChannels: 0 });
    expect(call.world.data).toEqual([]);
    expect(call.drops('defect')).toBe(0);
  });
});

test('an admitted peer that floods its data channels with chunks has them counted, and nobody else notices', () => {
  const call = new RunningCall();
  const mallory = call.world.connectPeer('mallory');
  const tag = establish(call, mallory);
  let tsn = 1000;

  call.runFor(3000, (nowMs) => {
    for (let copy = 0; copy < 30; copy++) {
      const chunks = Array.from({ length: 50 }, (_, index) => ({ type: 0, flags: 3, body: dataBody(tsn + 2 * index, Uint8Array.of(1)) }));
      tsn += 100;
      mallory.sendRaw(nowMs, plainApplicationData(buildSctp(tag, ...chunks)));
    }
  });

  expect(call.harm).toEqual(UNHARMED);
  expect(call.world.engine.dataCounters.overflow).toBeGreaterThan(50_000);
});

/** Goes through the handshake by hand. @returns the tag that packets for the engine have */
function establish(call: RunningCall, mallory: ScriptedPeer): number {
  let tag = 0;
  mallory.onApplicationData = (nowMs, data) => {
    if (data[12] !== SctpChunkType.initAck) return;
    const answer = Buffer.from(data);
    tag = answer.readUInt32BE(16);
    const at = answer.indexOf(Buffer.from('0007', 'hex'), 32);
    const cookie = data.subarray(at + 4, at + answer.readUInt16BE(at + 2));
    mallory.sendRaw(nowMs, plainApplicationData(buildSctp(tag, { type: SctpChunkType.cookieEcho, body: cookie })));
  };
  mallory.sendRaw(call.world.nowMs, plainApplicationData(buildSctp(0, { type: SctpChunkType.init, body: initBody() })));
  call.world.run(200);
  expect(census(call)).toEqual({ associations: 1, dataChannels: 0 });
  return tag;
}
