import { socketName, type ToldPeer, WireJudge, type WireVerdict } from '@causeway/faults';
import { PLAINTEXT_MARK } from '@causeway/loadtest';
import { seededRandom } from '@causeway/testkit';
import { writeRtpHeader } from '@causeway/wire';

const ALICE = socketName('10.77.0.2', 40_001);
const BOB = socketName('10.77.0.2', 40_002);
const PEERS: readonly ToldPeer[] = [
  { sockets: [ALICE], ssrcs: [1, 2] },
  { sockets: [BOB, socketName('10.77.0.2', 40_003)], ssrcs: [3] },
];
const INNOCENT = { readable: 0, misdirected: 0, reused: 0, repeated: 0 };

const random = seededRandom(7);

function noise(bytes: number): Buffer {
  return Buffer.from(Array.from({ length: bytes }, () => Math.floor(256 * random())));
}

function rtp(ssrc: number, seq: number, payload: Buffer = noise(300)): Buffer {
  const header = Buffer.alloc(12);
  writeRtpHeader(header, 0, false, 96, seq & 0xffff, 0, ssrc);
  return Buffer.concat([header, payload]);
}

function rtcp(ssrc: number, index: number, body: Buffer = noise(20)): Buffer {
  const packet = Buffer.concat([Buffer.of(0x81, 200, 0, 6, 0, 0, 0, 0), body, Buffer.alloc(4), noise(10)]);
  packet.writeUInt32BE(ssrc, 4);
  packet.writeUInt32BE((0x8000_0000 | index) >>> 0, packet.length - 14);
  return packet;
}

function judged(...datagrams: readonly (readonly [string, Buffer])[]): WireVerdict {
  const judge = new WireJudge(PEERS);
  for (const [destination, payload] of datagrams) judge.add({ destination, payload });
  return judge.verdict();
}

describe('the judge of what is on the wire', () => {
  it('finds nothing in what an SFU should send', () => {
    const verdict = judged([ALICE, rtp(1, 65_535)], [ALICE, rtp(1, 0)], [ALICE, rtp(2, 0)], [BOB, rtp(3, 0)], [ALICE, rtcp(9, 1)]);

    expect(verdict).toEqual({ ...INNOCENT, rtpPackets: 4, rtcpPackets: 1 });
  });

  it.each([0, 100, 284])('finds a mark in clear in an RTP packet, %d bytes into its payload', (at) => {
    const payload = noise(300);
    payload.set(PLAINTEXT_MARK, at);

    expect(judged([ALICE, rtp(1, 1, payload)])).toMatchObject({ ...INNOCENT, readable: 1 });
  });

  it('finds a mark in clear in whatever else is sent, to whomever', () => {
    const stranger = socketName('192.0.2.1', 9);

    expect(judged([stranger, Buffer.concat([noise(3), PLAINTEXT_MARK])])).toMatchObject({ readable: 1 });
  });

  it.each([
    ['silence', Buffer.alloc(160)],
    ['text', Buffer.from('the quick brown fox jumps over the lazy dog; '.repeat(8))],
  ])('finds a payload that no cipher makes: %s', (_name, payload) => {
    expect(judged([ALICE, rtp(1, 1, payload)])).toMatchObject({ ...INNOCENT, readable: 1 });
  });

  it('finds a packet of a stream that is for another peer, or for nobody', () => {
    const verdict = judged([ALICE, rtp(3, 1)], [BOB, rtp(1, 1)], [BOB, rtp(77, 1)], [socketName('192.0.2.1', 9), rtp(1, 2)]);

    expect(verdict).toMatchObject({ ...INNOCENT, misdirected: 4 });
  });

  it('finds an index that was used for two packets', () => {
    expect(judged([ALICE, rtp(1, 500)], [ALICE, rtp(1, 501)], [ALICE, rtp(1, 500)])).toMatchObject({ ...INNOCENT, reused: 1 });
    expect(judged([ALICE, rtcp(9, 4)], [ALICE, rtcp(9, 5)], [ALICE, rtcp(9, 4)])).toMatchObject({ ...INNOCENT, reused: 1 });
  });

  it('knows a peer that has moved by its keys: the index of the old port counts on the new one', () => {
    const moved = socketName('10.77.0.2', 40_003);

    expect(judged([BOB, rtp(3, 500)], [moved, rtp(3, 500)])).toMatchObject({ ...INNOCENT, reused: 1 });
  });

  it('takes the same number after a wrap for another index, and the same SSRC of another peer for another key', () => {
    const lap = Array.from({ length: 9 }, (_, step) => [ALICE, rtp(1, step * 8_192)] as const);

    expect(judged(...lap)).toMatchObject({ ...INNOCENT, rtpPackets: 9 });
    expect(judged([ALICE, rtcp(9, 4)], [BOB, rtcp(9, 4)])).toMatchObject(INNOCENT);
  });

  it('tells a packet that came twice from another one under its index', () => {
    const packet = rtp(1, 500);

    expect(judged([ALICE, packet], [ALICE, packet])).toMatchObject({ ...INNOCENT, repeated: 1 });
  });
});
