import { createCertificate, type LocalCertificate } from '../../src/dtls/certificate.ts';
import { DtlsEnd, type Fate, seededRandom, VirtualLink } from './virtual-link.ts';

let serverCertificate: LocalCertificate;
let clientCertificate: LocalCertificate;

beforeAll(async () => {
  [serverCertificate, clientCertificate] = await Promise.all([createCertificate(new Date()), createCertificate(new Date())]);
});

function createLink(fate: { toServer?: Fate; toClient?: Fate } = {}): VirtualLink {
  const server = new DtlsEnd('server', serverCertificate, [clientCertificate.fingerprint]);
  const client = new DtlsEnd('client', clientCertificate, [serverCertificate.fingerprint]);
  return new VirtualLink(server, client, fate);
}

test('both ends get the same keys in two round trips, each seeing the other’s as remote', () => {
  const { server, client } = createLink().run(40);

  expect(server.keys?.profile).toBe('AES_CM_128_HMAC_SHA1_80');
  expect(server.keys?.local).toEqual(client.keys?.remote);
  expect(server.keys?.remote).toEqual(client.keys?.local);
  expect(server.keys?.local).not.toEqual(server.keys?.remote);
});

test('application data flows in both directions once the handshake has ended', () => {
  const link = createLink();
  const { server, client } = link;
  client.association.send(Buffer.from('too early'));
  link.run(50);

  client.association.send(Buffer.from('up'));
  server.association.send(Buffer.from('down'));
  link.run(10);

  expect(server.received).toEqual(['up']);
  expect(client.received).toEqual(['down']);
});

test.each([0, 1, 2, 3, 4, 5])('one lost datagram from either end (number %i) costs one retransmission', (lost) => {
  const lose: Fate = (_, number) => (number === lost ? [] : [10]);
  const links = [createLink({ toServer: lose }), createLink({ toClient: lose })];

  for (const link of links) link.run(1_000);

  expect(links.map((link) => link.isConnected)).toEqual([true, true]);
});

test('half of all datagrams lost, the rest late, doubled and out of order: forty of forty handshakes end well', () => {
  const links = Array.from({ length: 40 }, (_, seed) => {
    const random = seededRandom(seed);
    const fate: Fate = () => (random() < 0.5 ? [] : random() < 0.3 ? [random() * 80, random() * 200] : [random() * 80]);
    return createLink({ toServer: fate, toClient: fate });
  });

  for (const link of links) link.run(29_000);

  const ends = links.flatMap(({ server, client }) => [server, client]);
  expect(ends.filter((end) => end.keys !== undefined)).toHaveLength(80);
  expect(links.every(({ server, client }) => server.keys?.local.key.join() === client.keys?.remote.key.join())).toBe(true);
});

test('the flight that ends the handshake is sent again, unasked, until the client shows that it has it', () => {
  const sentAtMs: number[] = [];
  const link = createLink({
    // The client asks once.
    toServer: (_, number) => (number > 1 ? [] : [10]),
    toClient: (_, number) => {
      if (number > 0) sentAtMs.push(link.nowMs);
      return number < 1 || number > 2 ? [10] : [];
    },
  });

  link.run(5_000);

  expect(sentAtMs).toEqual([30, 230, 630, 1_430]);
  expect(link.isConnected).toBe(true);
});

test('it is not sent again to a client whose data has come', () => {
  const link = createLink({ toClient: (_, number) => (number === 1 ? [] : [10]) }).run(250);
  const before = link.server.sent.length;

  link.client.association.send(Buffer.from('up'));
  link.run(5_000);

  expect(link.server.received).toEqual(['up']);
  expect(link.server.sent.length).toBe(before);
});

test('a client that asks for it again and again, as OpenSSL does for each that comes twice, gets it no more often than it can bear', () => {
  const { server, client } = createLink({ toClient: (_, number) => (number > 0 ? [] : [10]) }).run(29_000);

  expect(client.sent.length).toBeGreaterThan(25);
  expect(server.sent.length).toBe(1 + 1 + 8);
});

test('a handshake without answer is given up after 30 s', () => {
  const link = createLink({ toClient: () => [] }).run(31_000);

  expect([link.server.closeReason, link.client.closeReason]).toEqual(['handshake-timeout', 'handshake-timeout']);
  expect(link.armedTimers).toBe(0);
});

test('a server that no client contacts waits without a timer', () => {
  const server = new DtlsEnd('server', serverCertificate, [clientCertificate.fingerprint]);

  expect(server.timers.size).toBe(0);
});

test('no timer outlives a handshake that has ended, or one that was broken off', () => {
  const finished = createLink();
  const brokenOff = createLink();
  brokenOff.server.association.close();
  brokenOff.client.association.close();

  for (const link of [finished, brokenOff]) link.run(2_000);

  expect(finished.isConnected).toBe(true);
  expect([finished.armedTimers, brokenOff.armedTimers]).toEqual([0, 0]);
});

test('close_notify ends the other side, once, and is itself the last word', () => {
  const link = createLink().run(50);
  const { server, client } = link;

  client.association.close();
  client.association.close();
  link.run(50);
  server.association.send(Buffer.from('into the void'));

  expect(server.closeReason).toBe('peer-closed');
  expect(client.closeReason).toBeUndefined();
  expect(client.received).toEqual([]);
});

test('a certificate that was not announced is refused at both ends', () => {
  const strangersServer = new DtlsEnd('server', serverCertificate, [serverCertificate.fingerprint]);
  const strangersClient = new DtlsEnd('client', clientCertificate, [clientCertificate.fingerprint]);
  const first = new VirtualLink(strangersServer, new DtlsEnd('client', clientCertificate, [serverCertificate.fingerprint]));
  const second = new VirtualLink(new DtlsEnd('server', serverCertificate, [clientCertificate.fingerprint]), strangersClient);

  for (const link of [first, second]) link.run(100);

  expect(first.server.closeReason).toBe('fingerprint-mismatch');
  expect(second.client.closeReason).toBe('fingerprint-mismatch');
  expect(first.server.keys ?? second.client.keys).toBeUndefined();
});

test('a fingerprint of SHA-512 will do, one of SHA-1 will not', async () => {
  const { der } = clientCertificate;
  const fingerprintOf = async (algorithm: string, name: string) => {
    const digest = Buffer.from(await crypto.subtle.digest(name, Uint8Array.from(der)));
    return { algorithm, value: digest.toString('hex').match(/../g)?.join(':') ?? '' };
  };
  const links = [await fingerprintOf('SHA-512', 'SHA-512'), await fingerprintOf('sha-1', 'SHA-1')].map((fingerprint) => {
    const server = new DtlsEnd('server', serverCertificate, [fingerprint]);
    return new VirtualLink(server, new DtlsEnd('client', clientCertificate, [serverCertificate.fingerprint]));
  });

  for (const link of links) link.run(100);

  expect(links.map((link) => link.isConnected)).toEqual([true, false]);
});
