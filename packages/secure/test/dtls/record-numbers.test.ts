import { createCertificate, type LocalCertificate } from '../../src/dtls/certificate.ts';
import { DtlsEnd, type Fate, seededRandom, VirtualLink } from './virtual-link.ts';

const HEADER_LENGTH = 13;

let certificate: LocalCertificate;

beforeAll(async () => {
  certificate = await createCertificate(new Date());
});

/** The numbers of all records in some datagrams, by epoch, in order. */
function recordNumbers(datagrams: readonly Uint8Array[]): number[][] {
  const numbers: number[][] = [[], []];
  for (const bytes of datagrams) {
    const datagram = Buffer.from(bytes);
    for (let at = 0; at < datagram.length; at += HEADER_LENGTH + datagram.readUInt16BE(at + 11)) {
      numbers[datagram.readUInt16BE(at + 3)]?.push(datagram.readUIntBE(at + 5, 6));
    }
  }
  return numbers;
}

function countUp(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number);
}

test('each end numbers its records from 0 in each epoch and gives no number twice, since the number is the nonce', () => {
  const random = seededRandom(7);
  const lossy: Fate = () => (random() < 0.4 ? [] : [10 + 40 * random()]);
  const server = new DtlsEnd('server', certificate, [certificate.fingerprint]);
  const client = new DtlsEnd('client', certificate, [certificate.fingerprint]);
  const link = new VirtualLink(server, client, { toServer: lossy, toClient: lossy });
  link.run(60_000);

  for (let message = 0; message < 5; message++) {
    client.association.send(Buffer.from('up'));
    server.association.send(Buffer.from('down'));
  }

  expect(link.isConnected).toBe(true);
  for (const { sent } of [server, client]) {
    const [plain = [], encrypted = []] = recordNumbers(sent);
    expect(plain.length).toBeGreaterThan(3);
    expect(encrypted.length).toBeGreaterThan(5);
    expect(plain).toEqual(countUp(plain.length));
    expect(encrypted).toEqual(countUp(encrypted.length));
  }
});
