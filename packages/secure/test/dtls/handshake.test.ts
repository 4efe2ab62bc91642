import { createCertificate, type LocalCertificate } from '../../src/dtls/certificate.ts';
import { DtlsEnd, type Fate, seededRandom, VirtualLink } from './virtual-link.ts';

let serverCertificate: LocalCertificate;
let clientCertificate: LocalCertificate;

beforeAll(async () => {
  [serverCertificate, clientCertificate] = await Promise.all([createCertificate(new Date()), createCertificate(new Date())]);
});

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick'], now: 0 });
});

afterEach(() => {
  jest.useRealTimers();
});

function createLink(fate: { toServer?: Fate; toClient?: Fate } = {}): VirtualLink {
  const server = new DtlsEnd('server', serverCertificate, [clientCertificate.fingerprint]);
  const client = new DtlsEnd('client', clientCertificate, [serverCertificate.fingerprint]);
  return new VirtualLink(server, client, fate);
}

test('both ends get the same keys in two round trips, each seeing the other’s as remote', async () => {
  const { server, client } = createLink();

  await jest.advanceTimersByTimeAsync(40);

  expect(server.keys?.profile).toBe('AES_CM_128_HMAC_SHA1_80');
  expect(server.keys?.local).toEqual(client.keys?.remote);
  expect(server.keys?.remote).toEqual(client.keys?.local);
  expect(server.keys?.local).not.toEqual(server.keys?.remote);
});

test('application data flows in both directions once the handshake has ended', async () => {
  const { server, client } = createLink();
  client.association.send(Buffer.from('too early'));
  await jest.advanceTimersByTimeAsync(50);

  client.association.send(Buffer.from('up'));
  server.association.send(Buffer.from('down'));
  await jest.advanceTimersByTimeAsync(10);

  expect(server.received).toEqual(['up']);
  expect(client.received).toEqual(['down']);
});

test.each([0, 1, 2, 3, 4, 5])('one lost datagram from either end (number %i) costs one retransmission', async (lost) => {
  const lose: Fate = (_, number) => (number === lost ? [] : [10]);
  const links = [createLink({ toServer: lose }), createLink({ toClient: lose })];

  await jest.advanceTimersByTimeAsync(1_000);

  expect(links.map((link) => link.isConnected)).toEqual([true, true]);
});

test('half of all datagrams lost, the rest late, doubled and out of order: forty of forty handshakes end well', async () => {
  const links = Array.from({ length: 40 }, (_, seed) => {
    const random = seededRandom(seed);
    const fate: Fate = () => (random() < 0.5 ? [] : random() < 0.3 ? [random() * 80, random() * 200] : [random() * 80]);
    return createLink({ toServer: fate, toClient: fate });
  });

  await jest.advanceTimersByTimeAsync(29_000);

  const ends = links.flatMap(({ server, client }) => [server, client]);
  expect(ends.filter((end) => end.keys !== undefined)).toHaveLength(80);
  expect(links.every(({ server, client }) => server.keys?.local.key.join() === client.keys?.remote.key.join())).toBe(true);
});

test('a handshake without answer is given up after 30 s', async () => {
  const { server, client } = createLink({ toClient: () => [] });

  await jest.advanceTimersByTimeAsync(31_000);

  expect([server.closeReason, client.closeReason]).toEqual(['handshake-timeout', 'handshake-timeout']);
  expect(jest.getTimerCount()).toBe(0);
});

test('a server that no client contacts waits without a timer', async () => {
  const server = new DtlsEnd('server', serverCertificate, [clientCertificate.fingerprint]);

  await jest.advanceTimersByTimeAsync(60_000);

  expect(server.closeReason).toBeUndefined();
  expect(jest.getTimerCount()).toBe(0);
});

test('no timer outlives a handshake that has ended, or one that was broken off', async () => {
  const finished = createLink();
  const brokenOff = createLink();
  brokenOff.server.association.close();
  brokenOff.client.association.close();

  await jest.advanceTimersByTimeAsync(100);

  expect(finished.isConnected).toBe(true);
  expect(jest.getTimerCount()).toBe(0);
});

test('close_notify ends the other side, once, and is itself the last word', async () => {
  const { server, client } = createLink();
  await jest.advanceTimersByTimeAsync(50);

  client.association.close();
  client.association.close();
  await jest.advanceTimersByTimeAsync(50);
  server.association.send(Buffer.from('into the void'));

  expect(server.closeReason).toBe('peer-closed');
  expect(client.closeReason).toBeUndefined();
  expect(client.received).toEqual([]);
});

test('a certificate that was not announced is refused at both ends', async () => {
  const strangersServer = new DtlsEnd('server', serverCertificate, [serverCertificate.fingerprint]);
  const strangersClient = new DtlsEnd('client', clientCertificate, [clientCertificate.fingerprint]);
  const first = new VirtualLink(strangersServer, new DtlsEnd('client', clientCertificate, [serverCertificate.fingerprint]));
  const second = new VirtualLink(new DtlsEnd('server', serverCertificate, [clientCertificate.fingerprint]), strangersClient);

  await jest.advanceTimersByTimeAsync(100);

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

  await jest.advanceTimersByTimeAsync(100);

  expect(links.map((link) => link.isConnected)).toEqual([true, false]);
});
