import { UNPROTECT_REPLAYED } from '@causeway/media';
import { createSecureSuite } from '../../src/index.ts';
import { createEndpointPair, type EndpointPair } from '../endpoint-pair.ts';
import { Flush } from '../srtp/flush.ts';
import { buildRtcp, buildRtp, bytesOf } from '../srtp/packets.ts';
import { StreamingNode, UNHARMED } from './streaming-node.ts';

const PACKETS = 1000;

describe('W09: a thousand packets, all replayed by an attacker on the path', () => {
  let node: StreamingNode;
  let victim: EndpointPair;
  let rtp: Buffer[];
  let rtcp: Buffer[];

  beforeEach(async () => {
    const clientSuite = await createSecureSuite({ arenaSlots: 16, keystreamPages: 16 });
    node = await StreamingNode.create();
    victim = createEndpointPair({ serverSuite: node.suite, clientSuite });
    await Promise.all([victim.serverHears.connected, victim.clientHears.connected]);
    const stream = victim.client.openOutboundStream(9);
    rtp = Array.from({ length: PACKETS }, (_, index) => {
      const { packet, headerLength } = buildRtp({ ssrc: 9, seq: index, payload: bytesOf(`replay ${index}`, 100) });
      return new Flush(clientSuite).rtp(stream, packet, headerLength, index).protect()[0] ?? Buffer.alloc(0);
    });
    rtcp = Array.from({ length: PACKETS }, (_, index) => {
      const packet = buildRtcp(9, bytesOf(`report ${index}`, 24));
      return new Flush(clientSuite).rtcp(victim.client.rtcpStream, packet).protect()[0] ?? Buffer.alloc(0);
    });
  });

  afterEach(() => {
    victim.client.close();
    victim.server.close();
    node.close();
  });

  test('SRTP: every packet is taken once, and every copy refused, at once or late', () => {
    const first = rtp.map((packet) => victim.server.inbound.unprotectRtp(Buffer.from(packet)));
    const again: number[] = [];
    let next = 0;

    node.stream(PACKETS, () => again.push(victim.server.inbound.unprotectRtp(Buffer.from(rtp[next++] ?? []))));

    expect(first.every((length) => length > 0)).toBe(true);
    expect(again).toEqual(new Array(PACKETS).fill(UNPROTECT_REPLAYED));
    expect(node.harm).toEqual(UNHARMED);
  });

  test('SRTCP: every packet is taken once, and every copy refused, at once or late', () => {
    const first = rtcp.map((packet) => victim.server.unprotectRtcp(Buffer.from(packet)));
    const again: number[] = [];
    let next = 0;

    node.stream(PACKETS, () => again.push(victim.server.unprotectRtcp(Buffer.from(rtcp[next++] ?? []))));

    expect(first.every((length) => length > 0)).toBe(true);
    expect(again).toEqual(new Array(PACKETS).fill(UNPROTECT_REPLAYED));
    expect(node.harm).toEqual(UNHARMED);
  });

  test('copies that come before the packets they are copies of count as those', () => {
    const firstCopies = rtp.map((packet) => victim.server.inbound.unprotectRtp(Buffer.from(packet)));
    const originals = rtp.map((packet) => victim.server.inbound.unprotectRtp(Buffer.from(packet)));

    expect(firstCopies.filter((length) => length > 0)).toHaveLength(PACKETS);
    expect(originals.filter((length) => length > 0)).toHaveLength(0);
  });

  test('a copy with one bit changed is a forgery, and does not use up the place of the packet', () => {
    const forged = rtp.map((packet) => {
      const copy = Buffer.from(packet);
      copy[copy.length - 1] ^= 1;
      return victim.server.inbound.unprotectRtp(copy);
    });
    const real = rtp.map((packet) => victim.server.inbound.unprotectRtp(Buffer.from(packet)));

    expect(forged.filter((length) => length > 0)).toEqual([]);
    expect(real.every((length) => length > 0)).toBe(true);
  });
});
