import { createCertificate, type LocalCertificate } from '../../src/dtls/certificate.ts';
import { ContentType, HandshakeType } from '../../src/dtls/dtls-numbers.ts';
import { parseRecords, writeRecord } from '../../src/dtls/dtls-record.ts';
import { parseFragments, writeFragments } from '../../src/dtls/handshake-message.ts';
import { uint8, uint16, vector8, vector16 } from '../../src/dtls/tls-fields.ts';
import { DtlsEnd } from '../dtls/virtual-link.ts';

const ECDHE_ECDSA_AES128_GCM = 0xc02b;
const NULL_CIPHER = 0x0000;
const TLS_RSA_AES128_CBC_SHA = 0x002f;
const ECDHE_RSA_AES128_CBC_SHA = 0xc013;
const P256 = 23;
const X25519 = 29;
const ECDSA_P256_SHA256 = 0x0403;
const ECDSA_SHA1 = 0x0203;
const SRTP_AES_CM_80 = 1;
const SRTP_AEAD_128 = 7;
const SRTP_AES_CM_32 = 2;
const SRTP_NULL = 5;

interface Offer {
  readonly version?: number;
  readonly suites?: readonly number[];
  readonly compression?: number;
  readonly groups?: readonly number[];
  readonly schemes?: readonly number[];
  readonly srtp?: readonly number[] | undefined;
  readonly hasExtendedMasterSecret?: boolean;
}

function extension(type: number, body: Buffer): Buffer {
  return Buffer.concat([uint16(type), vector16(body)]);
}

function helloOf({
  version = 0xfefd,
  suites = [ECDHE_ECDSA_AES128_GCM],
  compression = 0,
  groups = [P256],
  schemes = [ECDSA_P256_SHA256],
  srtp = [SRTP_AES_CM_80],
  hasExtendedMasterSecret = true,
}: Offer): Buffer {
  const body = Buffer.concat([
    uint16(version),
    Buffer.alloc(32, 7),
    vector8(),
    vector8(),
    vector16(uint16(...suites)),
    vector8(uint8(compression)),
    vector16(
      extension(10, vector16(uint16(...groups))),
      extension(13, vector16(uint16(...schemes))),
      srtp.length === 0 ? Buffer.alloc(0) : extension(14, Buffer.concat([vector16(uint16(...srtp)), vector8()])),
      hasExtendedMasterSecret ? extension(23, Buffer.alloc(0)) : Buffer.alloc(0),
    ),
  ]);
  const [fragment = Buffer.alloc(0)] = writeFragments({ type: HandshakeType.clientHello, sequence: 0, body }, 1200);
  return writeRecord(ContentType.handshake, 0, 0, fragment);
}

let certificate: LocalCertificate;

beforeAll(async () => {
  certificate = await createCertificate(new Date());
});

/** What a server answers a hello with; closed afterwards. */
function answerTo(offer: Offer): Uint8Array[] {
  const server = new DtlsEnd('server', certificate, [certificate.fingerprint]);
  server.association.handleDatagram(0, helloOf(offer));
  server.association.close();
  return server.sent;
}

/** The SRTP profile that a ServerHello has chosen. */
function chosenProfile([flight = new Uint8Array(0)]: readonly Uint8Array[]): number | undefined {
  const [record] = parseRecords(Buffer.from(flight));
  const [fragment] = record === undefined ? [] : (parseFragments(record.fragment) ?? []);
  const at = fragment?.body.indexOf(Buffer.from('000e00050002', 'hex')) ?? -1;
  return at < 0 ? undefined : fragment?.body.readUInt16BE(at + 6);
}

describe('a hello that offers something weak', () => {
  test.each<[string, Offer]>([
    ['the null cipher', { suites: [NULL_CIPHER] }],
    ['RSA key exchange', { suites: [TLS_RSA_AES128_CBC_SHA] }],
    ['CBC with SHA-1', { suites: [ECDHE_RSA_AES128_CBC_SHA] }],
    ['no suite', { suites: [] }],
    ['compression alone', { compression: 1 }],
    ['DTLS 1.0', { version: 0xfeff }],
    ['no group that we have', { groups: [X25519] }],
    ['signatures with SHA-1 alone', { schemes: [ECDSA_SHA1] }],
    ['no SRTP', { srtp: [] }],
    ['SRTP with a tag of 32 bits alone', { srtp: [SRTP_AES_CM_32] }],
    ['SRTP without encryption', { srtp: [SRTP_NULL] }],
    ['no extended master secret', { hasExtendedMasterSecret: false }],
  ])('%s is answered with silence', (_what, offer) => {
    expect(answerTo(offer)).toEqual([]);
  });

  test.each<[string, Offer, number]>([
    ['weak suites beside a good one', { suites: [NULL_CIPHER, TLS_RSA_AES128_CBC_SHA, ECDHE_ECDSA_AES128_GCM] }, SRTP_AES_CM_80],
    ['both SRTP profiles', { srtp: [SRTP_AEAD_128, SRTP_AES_CM_80] }, SRTP_AES_CM_80],
    ['AEAD alone', { srtp: [SRTP_AEAD_128] }, SRTP_AEAD_128],
    ['weak SRTP profiles beside a good one', { srtp: [SRTP_NULL, SRTP_AES_CM_32, SRTP_AEAD_128] }, SRTP_AEAD_128],
  ])('%s: the good one is chosen', (_what, offer, profile) => {
    const answer = answerTo(offer);

    expect(answer.length).toBeGreaterThan(0);
    expect(chosenProfile(answer)).toBe(profile);
  });
});
