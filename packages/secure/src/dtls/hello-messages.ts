/** ClientHello, ServerHello and HelloVerifyRequest. @see RFC 5246 §7.4.1, RFC 6347 §4.2.1, RFC 5764 §4.1 */
import type { SrtpProfile } from '@causeway/media';
import { CipherSuite, COMPRESSION_NONE, DTLS_1_2, ExtensionType, GROUP_SECP256R1, POINT_FORMAT_UNCOMPRESSED } from './dtls-numbers.ts';
import { ACCEPTED_SIGNATURE_SCHEMES } from './peer-certificate.ts';
import { TlsReader, uint8, uint16, vector8, vector16 } from './tls-fields.ts';

/** The parts of a ClientHello that are used here. */
export interface ClientHello {
  readonly version: number;
  readonly random: Buffer;
  readonly cipherSuites: readonly number[];
  readonly groups: readonly number[];
  readonly signatureSchemes: readonly number[];
  readonly srtpProfileIds: readonly number[];
  readonly hasExtendedMasterSecret: boolean;
  readonly hasRenegotiationInfo: boolean;
  readonly hasPointFormats: boolean;
}

export interface ServerHello {
  readonly version: number;
  readonly random: Buffer;
  readonly cipherSuite: number;
  readonly srtpProfileIds: readonly number[];
  readonly hasExtendedMasterSecret: boolean;
}

export const RANDOM_LENGTH = 32;

/** The preferred profile comes first, which has the fast path (docs/adr/0003-srtp-by-flush.md). */
export const SRTP_PROFILES: ReadonlyMap<number, SrtpProfile> = new Map([
  [0x0001, 'AES_CM_128_HMAC_SHA1_80'],
  [0x0007, 'AEAD_AES_128_GCM'],
]);

const MAX_EXTENSIONS = 64;

export function parseClientHello(body: Buffer): ClientHello | undefined {
  const reader = new TlsReader(body);
  const version = reader.uint16();
  const random = reader.take(RANDOM_LENGTH);
  reader.vector8(); // session id: sessions are not resumed
  reader.vector8(); // cookie: none is requested
  const cipherSuites = reader.uint16List();
  const compressionMethods = reader.vector8();
  const extensions = parseExtensions(reader);
  if (extensions === undefined || !compressionMethods.includes(COMPRESSION_NONE)) return undefined;
  const groups = listExtension(extensions, ExtensionType.supportedGroups);
  const signatureSchemes = listExtension(extensions, ExtensionType.signatureAlgorithms);
  const srtpProfileIds = srtpExtension(extensions);
  if (groups === undefined || signatureSchemes === undefined || srtpProfileIds === undefined) return undefined;
  return {
    version,
    random,
    cipherSuites,
    groups,
    signatureSchemes,
    srtpProfileIds,
    hasExtendedMasterSecret: extensions.has(ExtensionType.extendedMasterSecret),
    hasRenegotiationInfo: extensions.has(ExtensionType.renegotiationInfo) || cipherSuites.includes(CipherSuite.emptyRenegotiationInfo),
    hasPointFormats: extensions.has(ExtensionType.ecPointFormats),
  };
}

export function writeClientHello(random: Uint8Array, cookie: Uint8Array): Buffer {
  return Buffer.concat([
    uint16(DTLS_1_2),
    random,
    vector8(),
    vector8(cookie),
    vector16(uint16(CipherSuite.ecdheEcdsaAes128GcmSha256, CipherSuite.ecdheRsaAes128GcmSha256)),
    vector8(uint8(COMPRESSION_NONE)),
    vector16(
      extension(ExtensionType.supportedGroups, vector16(uint16(GROUP_SECP256R1))),
      extension(ExtensionType.ecPointFormats, vector8(uint8(POINT_FORMAT_UNCOMPRESSED))),
      extension(ExtensionType.signatureAlgorithms, vector16(uint16(...ACCEPTED_SIGNATURE_SCHEMES))),
      useSrtp([...SRTP_PROFILES.keys()]),
      extension(ExtensionType.extendedMasterSecret, Buffer.alloc(0)),
      extension(ExtensionType.renegotiationInfo, vector8()),
    ),
  ]);
}

/** Writes a ServerHello. It contains only extensions that the client sent. */
export function writeServerHello(random: Uint8Array, srtpProfileId: number, client: ClientHello): Buffer {
  return Buffer.concat([
    uint16(DTLS_1_2),
    random,
    vector8(),
    uint16(CipherSuite.ecdheEcdsaAes128GcmSha256),
    uint8(COMPRESSION_NONE),
    vector16(
      useSrtp([srtpProfileId]),
      extension(ExtensionType.extendedMasterSecret, Buffer.alloc(0)),
      client.hasRenegotiationInfo ? extension(ExtensionType.renegotiationInfo, vector8()) : Buffer.alloc(0),
      client.hasPointFormats ? extension(ExtensionType.ecPointFormats, vector8(uint8(POINT_FORMAT_UNCOMPRESSED))) : Buffer.alloc(0),
    ),
  ]);
}

export function parseServerHello(body: Buffer): ServerHello | undefined {
  const reader = new TlsReader(body);
  const version = reader.uint16();
  const random = reader.take(RANDOM_LENGTH);
  reader.vector8(); // session id
  const cipherSuite = reader.uint16();
  const compression = reader.uint8();
  const extensions = parseExtensions(reader);
  if (extensions === undefined || compression !== COMPRESSION_NONE) return undefined;
  const srtpProfileIds = srtpExtension(extensions);
  if (srtpProfileIds === undefined) return undefined;
  return { version, random, cipherSuite, srtpProfileIds, hasExtendedMasterSecret: extensions.has(ExtensionType.extendedMasterSecret) };
}

/** @returns the cookie to repeat; undefined if the message is malformed */
export function parseHelloVerifyRequest(body: Buffer): Buffer | undefined {
  const reader = new TlsReader(body);
  reader.uint16(); // version: not the negotiated one
  const cookie = reader.vector8();
  return reader.isComplete ? cookie : undefined;
}

/** Parses the extensions at the end of a hello. @returns undefined if they are malformed, or one occurs twice */
function parseExtensions(reader: TlsReader): Map<number, Buffer> | undefined {
  const extensions = new Map<number, Buffer>();
  if (!reader.hasMore) return reader.isIntact ? extensions : undefined;
  const inner = new TlsReader(reader.vector16());
  while (inner.hasMore) {
    const type = inner.uint16();
    const data = inner.vector16();
    if (extensions.has(type) || extensions.size >= MAX_EXTENSIONS) return undefined;
    extensions.set(type, data);
  }
  return inner.isComplete && reader.isComplete ? extensions : undefined;
}

/** A list of 16-bit numbers; empty if the extension is missing, undefined if it is malformed. */
function listExtension(extensions: ReadonlyMap<number, Buffer>, type: number): number[] | undefined {
  const data = extensions.get(type);
  if (data === undefined) return [];
  const reader = new TlsReader(data);
  const list = reader.uint16List();
  return reader.isComplete ? list : undefined;
}

function srtpExtension(extensions: ReadonlyMap<number, Buffer>): number[] | undefined {
  const data = extensions.get(ExtensionType.useSrtp);
  if (data === undefined) return [];
  const reader = new TlsReader(data);
  const profileIds = reader.uint16List();
  reader.vector8(); // MKI: not used
  return reader.isComplete ? profileIds : undefined;
}

function useSrtp(profileIds: readonly number[]): Buffer {
  return extension(ExtensionType.useSrtp, Buffer.concat([vector16(uint16(...profileIds)), vector8()]));
}

function extension(type: number, data: Uint8Array): Buffer {
  return Buffer.concat([uint16(type), vector16(data)]);
}
