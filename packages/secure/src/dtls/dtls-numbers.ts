/** The numbers of DTLS 1.2 that are used here, with their names in the IANA registries. */

/** The wire form of version 1.2, its ones' complement (RFC 6347 §4.1). */
export const DTLS_1_2 = 0xfefd;
/** The first records of a handshake may still have this version. */
export const DTLS_1_0 = 0xfeff;

export const ContentType = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;

export const HandshakeType = {
  clientHello: 1,
  serverHello: 2,
  helloVerifyRequest: 3,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
  certificateVerify: 15,
  clientKeyExchange: 16,
  finished: 20,
} as const;

export const AlertLevel = { warning: 1, fatal: 2 } as const;

export const AlertDescription = {
  closeNotify: 0,
  unexpectedMessage: 10,
  handshakeFailure: 40,
  badCertificate: 42,
  decodeError: 50,
  decryptError: 51,
} as const;

export const CipherSuite = {
  ecdheEcdsaAes128GcmSha256: 0xc02b,
  ecdheRsaAes128GcmSha256: 0xc02f,
  /** This is no cipher suite, but tells that the client supports secure renegotiation (RFC 5746 §3.3). */
  emptyRenegotiationInfo: 0x00ff,
} as const;

export const ExtensionType = {
  supportedGroups: 10,
  ecPointFormats: 11,
  signatureAlgorithms: 13,
  useSrtp: 14,
  extendedMasterSecret: 23,
  renegotiationInfo: 0xff01,
} as const;

/** P-256, which every WebRTC endpoint supports (RFC 8827 §6.5). */
export const GROUP_SECP256R1 = 23;
export const CURVE_TYPE_NAMED = 3;
export const POINT_FORMAT_UNCOMPRESSED = 0;
export const COMPRESSION_NONE = 0;

export const SignatureScheme = {
  ecdsaSecp256r1Sha256: 0x0403,
  rsaPkcs1Sha256: 0x0401,
  rsaPssRsaeSha256: 0x0804,
} as const;

export const ClientCertificateType = { rsaSign: 1, ecdsaSign: 64 } as const;
