import { UNPROTECT_FORGED, UNPROTECT_REPLAYED, UNPROTECT_UNEXPECTED } from '@causeway/media';
import type { KeystreamSupply } from '../../src/srtp/keystream-window.ts';
import { OutboundSrtp, RtcpOutboundStream } from '../../src/srtp/outbound-srtp.ts';
import { SrtpSuite, type SrtpTransform } from '../../src/srtp/srtp-suite.ts';
import { Flush } from './flush.ts';
import { buildRtcp, buildRtp, bytesOf, keysOf, PROFILES } from './packets.ts';

describe.each(PROFILES)('a link with %s', (profile) => {
  const { near, far } = keysOf(profile, 'link');
  let suite: SrtpSuite;
  let sender: SrtpTransform;
  let receiver: SrtpTransform;

  beforeAll(async () => {
    suite = await SrtpSuite.create({ arenaSlots: 8, keystreamPages: 64 });
  });

  beforeEach(() => {
    sender = suite.createTransform('link');
    sender.setKeys(near);
    receiver = suite.createTransform('link');
    receiver.setKeys(far);
  });

  afterEach(() => {
    sender.close();
    receiver.close();
  });

  function send(ssrc: number, index: number): Buffer | undefined {
    const { packet, headerLength } = buildRtp({ ssrc, seq: index, payload: bytesOf(`${ssrc} ${index}`, 60) });
    return new Flush(suite).rtp(sender.outbound.open(ssrc), packet, headerLength, index).protect()[0];
  }

  function sendRtcp(ssrc: number): Buffer {
    const [wire] = new Flush(suite).rtcp(sender.outbound.rtcpStream, buildRtcp(ssrc, bytesOf('report', 30))).protect();
    return wire ?? Buffer.alloc(0);
  }

  const isTaken = (wire: Buffer | undefined): boolean => receiver.inbound.unprotectRtp(Buffer.from(wire ?? [])) > 0;

  test('five thousand legs come and go, and packets of ended legs are no longer accepted', () => {
    const first: Buffer[] = [];
    let taken = 0;
    for (let ssrc = 2; ssrc <= 10_000; ssrc += 2) {
      receiver.inbound.expect(ssrc);
      const wire = send(ssrc, 7) ?? Buffer.alloc(0);
      if (isTaken(wire)) taken++;
      if (first.length < 10) first.push(wire);
      receiver.inbound.end(ssrc);
      sender.outbound.closeStream(sender.outbound.open(ssrc));
    }

    receiver.inbound.expect(2);

    expect(taken).toBe(5_000);
    expect(first.map((wire) => receiver.inbound.unprotectRtp(Buffer.from(wire)))).toEqual(first.map(() => UNPROTECT_UNEXPECTED));
    expect(suite.keystreamPagesLent).toBe(0);
  });

  test('a thousand streams at a time are all taken, and none twice', () => {
    const ssrcs = Array.from({ length: 1_000 }, (_, leg) => 2 + 2 * leg);
    for (const ssrc of ssrcs) receiver.inbound.expect(ssrc);

    const wires = [65_534, 65_535, 65_536].flatMap((index) => ssrcs.map((ssrc) => send(ssrc, index) ?? Buffer.alloc(0)));

    expect(wires.filter(isTaken)).toHaveLength(3_000);
    const again = new Set(wires.map((wire) => receiver.inbound.unprotectRtp(Buffer.from(wire))));
    expect([...again]).toEqual([UNPROTECT_REPLAYED]);
  });

  test('a track that is expected again unchanged continues, and its earlier packets are still known', () => {
    receiver.inbound.expect(4);
    const before = send(4, 1) ?? Buffer.alloc(0);
    isTaken(before);

    receiver.inbound.expect(4);

    expect(receiver.inbound.unprotectRtp(Buffer.from(before))).toBe(UNPROTECT_REPLAYED);
    expect(isTaken(send(4, 2))).toBe(true);
  });

  test('nothing is taken of SSRCs that are not expected; what is forged is not taken either', () => {
    receiver.inbound.expect(4);
    const forged = send(4, 1) ?? Buffer.alloc(0);
    forged[20] ^= 1;

    expect(receiver.inbound.unprotectRtp(send(2, 1) ?? Buffer.alloc(0))).toBe(UNPROTECT_UNEXPECTED);
    expect(receiver.inbound.unprotectRtp(send(6, 1) ?? Buffer.alloc(0))).toBe(UNPROTECT_UNEXPECTED);
    expect(receiver.inbound.unprotectRtp(forged)).toBe(UNPROTECT_FORGED);
  });

  test('reports of five thousand senders are taken, each once', () => {
    const wires = Array.from({ length: 5_000 }, (_, leg) => sendRtcp(leg));

    const first = wires.filter((wire) => receiver.inboundRtcp.unprotect(Buffer.from(wire)) > 0);
    const again = new Set(wires.map((wire) => receiver.inboundRtcp.unprotect(Buffer.from(wire))));

    expect(first).toHaveLength(5_000);
    expect([...again]).toEqual([UNPROTECT_REPLAYED]);
  });

  test('nothing is sent under an SSRC whose stream was closed', () => {
    const before = send(4, 1);
    sender.outbound.closeStream(sender.outbound.open(4));

    expect(before).toBeDefined();
    expect([send(4, 1), send(4, 2)]).toEqual([undefined, undefined]);
    expect(send(5, 1)).toBeDefined();
  });
});

test('over a link more than 65,536 SSRCs may be sent, one after another', () => {
  // Without keys no keystream is asked for.
  const outbound = new OutboundSrtp({} as KeystreamSupply, 'link');
  for (let ssrc = 0; ssrc < 70_000; ssrc++) {
    const stream = outbound.open(ssrc);
    stream.ledger.admit(0, 1);
    outbound.closeStream(stream);
  }

  outbound.open(70_000);
  const sizes = [outbound.size];
  outbound.open(69_999);
  outbound.open(0);

  expect([...sizes, outbound.size]).toEqual([1, 1]);
});

test('RTCP says in time that its indices come to an end, and uses none twice', () => {
  const stream = new RtcpOutboundStream(2 ** 31 - 2 ** 20 - 1);

  const early = stream.isNearlyUsedUp;
  stream.takeIndex();

  expect([early, stream.isNearlyUsedUp]).toEqual([false, true]);
  expect(new RtcpOutboundStream(2 ** 31 - 1).takeIndex()).toBe(2 ** 31 - 1);
  expect(new RtcpOutboundStream(2 ** 31).takeIndex()).toBeUndefined();
});
