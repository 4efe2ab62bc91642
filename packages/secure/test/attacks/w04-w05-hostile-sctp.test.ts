import { createCertificate } from '../../src/dtls/certificate.ts';
import { buildSctp, initBody, withChecksum } from '../sctp/sctp-packets.ts';
import { type HostilePeer, StreamingNode, UNHARMED } from './streaming-node.ts';

const DCEP_ACK = Buffer.from('00000001000600000000003202', 'hex');
const UNKNOWN_PROTOCOL = Buffer.from('0000000100000000000000633f', 'hex');

/** Each of these ended the process of werift, or kept it busy for ever. */
const PACKETS: readonly [string, Buffer][] = [
  ['W04: of three bytes', Buffer.alloc(3)],
  ['W04: with a wrong checksum', Buffer.from(buildSctp(0, { type: 1, body: initBody() })).fill(0xee, 8, 12)],
  ['W04: with an unknown payload protocol', buildSctp(0, { type: 0, body: UNKNOWN_PROTOCOL })],
  ['W04: with an acknowledgement of no channel', buildSctp(0, { type: 0, body: DCEP_ACK })],
  ['W05: with a chunk of length 0', buildSctp(0, { type: 11, body: Buffer.alloc(0), claimedLength: 0 })],
  ['W05: with an INIT parameter of length 0', buildSctp(0, { type: 1, body: initBody(Buffer.from('c0000000', 'hex')) })],
  ['with an INIT parameter of length 3', buildSctp(0, { type: 1, body: initBody(Buffer.from('c0000003', 'hex')) })],
  [
    'with chunks that overlap the end',
    withChecksum(Buffer.concat([buildSctp(0, { type: 0, body: DCEP_ACK }), Buffer.of(0, 0, 0xff, 0xff)])),
  ],
  ['of nothing but a header', withChecksum(Buffer.alloc(12))],
];

describe('an admitted peer that sends an SCTP packet', () => {
  let node: StreamingNode;
  let peer: HostilePeer;
  const rejections: unknown[] = [];
  const noteRejection = (reason: unknown): void => {
    rejections.push(reason);
  };

  beforeEach(async () => {
    const [streaming, certificate] = await Promise.all([StreamingNode.create(), createCertificate(new Date())]);
    node = streaming;
    peer = node.attach(certificate);
    await peer.connected();
    rejections.length = 0;
    process.on('unhandledRejection', noteRejection);
  });

  afterEach(() => {
    process.off('unhandledRejection', noteRejection);
    node.close();
  });

  async function turnOfTheLoop(): Promise<void> {
    await new Promise(setImmediate);
  }

  test.each(PACKETS)('%s harms nobody, before it has an association', async (_what, packet) => {
    for (let round = 0; round < 20; round++) {
      node.stream(5, () => peer.client.association.send(Uint8Array.from(packet)));
      await turnOfTheLoop();
    }

    expect(node.harm).toEqual(UNHARMED);
    expect(rejections).toEqual([]);
    expect(node.suite.sctpCounters.malformedPackets).toBeGreaterThan(50);
    expect(node.suite.census().sctpAssociations).toBe(0);
  });

  test.each(PACKETS)('%s harms nobody, inside an association', async (_what, packet) => {
    peer.client.association.send(buildSctp(0, { type: 1, body: initBody() }));
    while (!node.suite.census().sctpAssociations) await turnOfTheLoop();
    for (let round = 0; round < 20; round++) {
      node.stream(5, () => peer.client.association.send(Uint8Array.from(packet)));
      await turnOfTheLoop();
    }

    expect(node.harm).toEqual(UNHARMED);
    expect(rejections).toEqual([]);
    expect(peer.serverHears.messages).toEqual([]);
    expect(peer.serverHears.opened).toEqual([]);
  });
});
