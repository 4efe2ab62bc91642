import { capturedTraffic } from '@causeway/testkit/fuzz';
import { createCertificate, type LocalCertificate } from '../../src/dtls/certificate.ts';
import { ContentType, HandshakeType } from '../../src/dtls/dtls-numbers.ts';
import { parseRecords, writeRecord } from '../../src/dtls/dtls-record.ts';
import { parseFragments, writeFragments } from '../../src/dtls/handshake-message.ts';
import { StreamingNode, UNHARMED } from './streaming-node.ts';

const FLOOD = 50_000;

/** Fragments that never make a message, of every kind and number. */
function floodFragment(index: number): Buffer {
  const [, fragment = Buffer.alloc(0)] = writeFragments({ type: 1 + (index % 20), sequence: index % 9, body: Buffer.alloc(1000) }, 100);
  return writeRecord(ContentType.handshake, 0, index, fragment);
}

describe('W12: fragments of handshake messages', () => {
  let node: StreamingNode;
  let certificate: LocalCertificate;

  beforeEach(async () => {
    [node, certificate] = await Promise.all([StreamingNode.create(), createCertificate(new Date())]);
  });

  afterEach(() => node.close());

  test('fifty thousand that never make a message keep neither a stream nor a handshake from going on', async () => {
    const peer = node.attach(certificate);
    let index = 0;

    node.stream(FLOOD / 100, () => {
      for (let count = 0; count < 100; count++) peer.server.handleDtls(0, floodFragment(index++));
    });
    await peer.connected();

    expect(index).toBe(FLOOD);
    expect(node.harm).toEqual(UNHARMED);
  });

  test.each(['in order', 'backwards', 'all of them twice', 'every second one first'] as const)(
    'the post-quantum hello of Chromium, in pieces of 50 bytes %s, is answered',
    async (order) => {
      const hellos = capturedTraffic('dtls')
        .flatMap((datagram) => parseRecords(Buffer.from(datagram)))
        .flatMap(({ fragment }) => parseFragments(fragment) ?? [])
        .filter(({ type }) => type === HandshakeType.clientHello);
      const longest = Math.max(...hellos.map(({ totalLength }) => totalLength));
      const parts = hellos.filter(({ totalLength }) => totalLength === longest).slice(0, 2);
      const body = Buffer.alloc(longest);
      for (const part of parts) body.set(part.body, part.offset);
      const pieces = writeFragments({ type: HandshakeType.clientHello, sequence: 0, body }, 62);
      const peer = node.attach(certificate);
      // The endpoint's own client must not answer for Chromium.
      peer.client.onSend = () => undefined;

      for (const [sequence, piece] of inOrder(pieces, order).entries()) {
        peer.server.handleDtls(0, writeRecord(ContentType.handshake, 0, sequence, piece));
      }

      expect(longest).toBeGreaterThan(1300);
      expect(pieces.length).toBeLessThanOrEqual(32);
      expect(peer.answers.length).toBeGreaterThan(0);
    },
  );
});

function inOrder(pieces: readonly Buffer[], order: string): Buffer[] {
  switch (order) {
    case 'backwards':
      return [...pieces].reverse();
    case 'all of them twice':
      return pieces.flatMap((piece) => [piece, piece]);
    case 'every second one first':
      return [...pieces.filter((_, index) => index % 2 === 0), ...pieces.filter((_, index) => index % 2 === 1)];
    default:
      return [...pieces];
  }
}
