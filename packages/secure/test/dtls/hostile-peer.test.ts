/** What a stranger on the wire, or a peer that is not who it says, can do to an association: W02, W03, W08 and W12. */
import fc from 'fast-check';
import { createCertificate, type LocalCertificate } from '../../src/dtls/certificate.ts';
import { ContentType, HandshakeType } from '../../src/dtls/dtls-numbers.ts';
import { parseRecords, RECORD_HEADER_LENGTH, writeRecord } from '../../src/dtls/dtls-record.ts';
import { writeFragments } from '../../src/dtls/handshake-message.ts';
import { writeClientHello } from '../../src/dtls/hello-messages.ts';
import { DtlsEnd, type Fate, PERFECT, VirtualLink } from './virtual-link.ts';

let serverCertificate: LocalCertificate;
let clientCertificate: LocalCertificate;

beforeAll(async () => {
  [serverCertificate, clientCertificate] = await Promise.all([createCertificate(new Date()), createCertificate(new Date())]);
});

function createEnds(certificateOfClient = clientCertificate): { server: DtlsEnd; client: DtlsEnd } {
  return {
    server: new DtlsEnd('server', serverCertificate, [clientCertificate.fingerprint]),
    client: new DtlsEnd('client', certificateOfClient, [serverCertificate.fingerprint]),
  };
}

function connect(fate: { toServer?: Fate; toClient?: Fate } = {}): VirtualLink {
  const { server, client } = createEnds();
  return new VirtualLink(server, client, fate).run(100);
}

function expectDataToFlow(link: VirtualLink): void {
  const { server, client } = link;
  server.received.length = 0;
  client.received.length = 0;
  server.association.send(Buffer.from('down'));
  client.association.send(Buffer.from('up'));
  link.run(20);
  expect([server.received, client.received]).toEqual([['up'], ['down']]);
  expect([server.closeReason, client.closeReason]).toEqual([undefined, undefined]);
}

function helloDatagram(seed: number): Buffer {
  const body = writeClientHello(Buffer.alloc(32, seed), Buffer.alloc(0));
  const [fragment = Buffer.alloc(0)] = writeFragments({ type: HandshakeType.clientHello, sequence: 0, body }, 1_000);
  return writeRecord(ContentType.handshake, 0, 0, fragment);
}

test('W02: alerts and unknown records in the clear close nothing, during the handshake or after', () => {
  const attacks = [
    writeRecord(ContentType.alert, 0, 0, Buffer.of(2, 40)),
    writeRecord(ContentType.alert, 0, 1, Buffer.of(1, 0)),
    writeRecord(30, 0, 2, Buffer.of(1, 2)),
    writeRecord(ContentType.applicationData, 0, 3, Buffer.from('forged')),
  ];
  const attackFirst: Fate = () => [10];
  const { server, client } = createEnds();
  for (const attack of attacks) {
    server.association.handleDatagram(0, attack);
    client.association.handleDatagram(0, attack);
  }
  const link = new VirtualLink(server, client, { toServer: attackFirst });
  link.run(100);
  for (const attack of attacks) {
    server.association.handleDatagram(0, attack);
    client.association.handleDatagram(0, attack);
  }

  expectDataToFlow(link);
  expect(server.counters.plaintextRefused).toBe(8);
});

test('W03: a ClientHello after the handshake changes nothing and is not answered', () => {
  const link = connect();
  const answered = link.server.sent.length;

  for (let i = 0; i < 100; i++) link.server.association.handleDatagram(0, helloDatagram(i));

  expect(link.server.sent).toHaveLength(answered);
  expectDataToFlow(link);
});

test('W08: a client with a copied certificate but another key is refused', async () => {
  const copied = { ...clientCertificate, privateKey: (await createCertificate(new Date())).privateKey };
  const { server, client } = createEnds(copied);
  new VirtualLink(server, client).run(100);

  expect(server.keys).toBeUndefined();
  expect(server.closeReason).toBe('handshake-failed');
});

test('a server with a copied certificate but another key is refused by the client', () => {
  const copied = { ...serverCertificate, privateKey: clientCertificate.privateKey };
  const server = new DtlsEnd('server', copied, [clientCertificate.fingerprint]);
  const client = new DtlsEnd('client', clientCertificate, [serverCertificate.fingerprint]);
  new VirtualLink(server, client).run(100);

  expect(client.keys).toBeUndefined();
  expect(client.closeReason).toBe('handshake-failed');
});

test('any flipped bit in the messages of the client’s last flight keeps the server from believing it', () => {
  const recorded = connect();
  // Certificate, ClientKeyExchange, CertificateVerify, ChangeCipherSpec and Finished travel in one datagram.
  const [, flight = new Uint8Array(0)] = recorded.client.sent;
  const { length } = messageBytes(flight);
  for (let at = 0; at < length; at += 5) {
    const { server, client } = createEnds();
    const link = new VirtualLink(server, client, {
      toServer: (datagram, number) => {
        // Signatures differ in length from one handshake to the next, so each flight has its own places.
        const places = messageBytes(datagram);
        if (number > 0) datagram[places[Math.min(at, places.length - 1)] ?? 0] ^= 0x10;
        return [10];
      },
    });
    link.run(60);
    expect({ at, keys: server.keys }).toEqual({ at, keys: undefined });
    server.association.close();
    client.association.close();
  }
});

test('W12: 50,000 fragments before the handshake are not kept, and the handshake still succeeds', () => {
  const { server, client } = createEnds();
  for (let i = 0; i < 50_000; i++) {
    const body = Buffer.alloc(1_000);
    const [, fragment = Buffer.alloc(0)] = writeFragments({ type: 1 + (i % 20), sequence: i % 9, body }, 100);
    server.association.handleDatagram(0, writeRecord(ContentType.handshake, 0, i, fragment));
  }
  const link = new VirtualLink(server, client).run(5_000);

  expect(link.isConnected).toBe(true);
});

test('a stranger’s hello before the client’s does not lock the client out', () => {
  const { server, client } = createEnds();
  server.association.handleDatagram(0, helloDatagram(1));
  server.association.handleDatagram(0, helloDatagram(2));
  const link = new VirtualLink(server, client).run(100);

  expect(link.isConnected).toBe(true);
});

test('records are not taken twice', () => {
  const doubled: Fate = () => [10, 12, 14];
  const link = connect({ toServer: doubled });

  link.client.association.send(Buffer.from('once'));
  link.run(50);

  expect(link.server.received).toEqual(['once']);
  expect(link.server.counters.replayed).toBeGreaterThanOrEqual(2);
});

test('encrypted records that overtake the messages before them are not lost', () => {
  const { server, client } = createEnds();
  // Finished is taken out of the flight and sent ahead of it.
  const link = new VirtualLink(server, client, { toServer: (_, number) => (number === 1 ? [] : [10]) });
  link.run(30);
  const [, flight = new Uint8Array(0)] = client.sent;
  const records = parseRecords(Buffer.from(flight)).map(({ contentType, epoch, sequence, fragment }) =>
    writeRecord(contentType, epoch, sequence, fragment),
  );
  for (const record of records.reverse()) server.association.handleDatagram(0, record);

  link.run(20);

  expect(link.isConnected).toBe(true);
});

test('duplicated flights are not answered with more than a few repetitions', () => {
  const link = connect();
  const before = link.server.sent.length;
  const [, flight = new Uint8Array(0)] = link.client.sent;

  for (let i = 0; i < 1_000; i++) link.server.association.handleDatagram(0, flight);

  expect(link.server.sent.length - before).toBe(0);
});

test('arbitrary and altered datagrams are never thrown over, and open no association', () => {
  const recorded: Uint8Array[] = [];
  const record: Fate = (datagram, number) => {
    recorded.push(Uint8Array.from(datagram));
    return PERFECT(datagram, number);
  };
  const link = connect({ toServer: record, toClient: record });
  link.client.association.send(Buffer.from('data'));
  const altered = fc
    .tuple(
      fc.nat({ max: recorded.length - 1 }),
      fc.array(fc.tuple(fc.nat({ max: 1_400 }), fc.nat({ max: 255 })), { maxLength: 6 }),
      fc.nat(),
    )
    .map(([which, changes, cut]) => {
      const datagram = Uint8Array.from(recorded[which]);
      for (const [at, value] of changes) datagram[at % datagram.length] = value;
      return datagram.subarray(0, cut % 5 === 0 ? cut % datagram.length : datagram.length);
    });
  fc.assert(
    fc.property(fc.array(fc.oneof(altered, fc.uint8Array({ maxLength: 200 })), { maxLength: 12 }), (datagrams) => {
      const { server, client } = createEnds();
      for (const datagram of datagrams) {
        server.association.handleDatagram(0, Uint8Array.from(datagram));
        client.association.handleDatagram(0, Uint8Array.from(datagram));
        link.server.association.handleDatagram(0, Uint8Array.from(datagram));
      }
      expect([server.keys, client.keys]).toEqual([undefined, undefined]);
      server.association.close();
      client.association.close();
    }),
    { seed: 9147, numRuns: 1_500 },
  );

  expectDataToFlow(link);
});

/** Where in a datagram the bytes of its records are, but for record headers and ChangeCipherSpec, which protect nothing. */
function messageBytes(datagram: Uint8Array): number[] {
  let start = 0;
  return parseRecords(Buffer.from(datagram)).flatMap(({ contentType, fragment }) => {
    const first = start + RECORD_HEADER_LENGTH;
    start = first + fragment.length;
    return contentType === ContentType.changeCipherSpec ? [] : Array.from(fragment, (_, i) => first + i);
  });
}
