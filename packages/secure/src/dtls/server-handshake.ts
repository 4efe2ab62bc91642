/**
 * The server's side of the handshake. It supports one cipher suite and one curve, and requires the client to present a certificate and
 * prove that it holds the key.
 *
 * @see RFC 5246 §7.3, RFC 6347 §4.2, RFC 8827 §6.5
 */
import { createECDH, type ECDH, type KeyObject, randomBytes, sign, timingSafeEqual } from 'node:crypto';
import type { CertificateFingerprint, SrtpProfile } from '@causeway/media';
import { type LocalCertificate, matchesFingerprint } from './certificate.ts';
import { CipherSuite, DTLS_1_2, GROUP_SECP256R1, HandshakeType, SignatureScheme } from './dtls-numbers.ts';
import { CHANGE_CIPHER_SPEC, CONTINUE, failed, type Handshake, type HandshakeOutcome, IGNORED, toFlight } from './handshake.ts';
import type { HandshakeMessage } from './handshake-message.ts';
import { HandshakeTranscript, type RecordCiphers } from './handshake-transcript.ts';
import { type ClientHello, parseClientHello, RANDOM_LENGTH, SRTP_PROFILES, writeServerHello } from './hello-messages.ts';
import {
  keyParameters,
  parseCertificate,
  parseCertificateVerify,
  parseClientKeyExchange,
  writeCertificate,
  writeCertificateRequest,
  writeServerKeyExchange,
} from './key-messages.ts';
import { certificateKey, isSignedBy } from './peer-certificate.ts';

/** The next message to expect, and what must be remembered until it arrives. */
type State =
  | { readonly awaits: 'hello' }
  | { readonly awaits: 'certificate' }
  | { readonly awaits: 'keyExchange'; readonly peerKey: KeyObject }
  | { readonly awaits: 'certificateVerify'; readonly peerKey: KeyObject }
  | { readonly awaits: 'finished' }
  | { readonly awaits: 'nothing' };

export interface HandshakeIdentity {
  readonly certificate: LocalCertificate;
  readonly remoteFingerprints: readonly CertificateFingerprint[];
}

export class ServerHandshake implements Handshake {
  ciphers: RecordCiphers | undefined;
  readonly #identity: HandshakeIdentity;
  readonly #transcript = new HandshakeTranscript('server');
  readonly #keyPair: ECDH = createECDH('prime256v1');
  #profileId = 0;
  #state: State = { awaits: 'hello' };

  constructor(identity: HandshakeIdentity) {
    this.#identity = identity;
  }

  handle(message: HandshakeMessage): HandshakeOutcome {
    const state = this.#state;
    switch (state.awaits) {
      case 'hello':
        return this.#handleHello(message);
      case 'certificate':
        return this.#handleCertificate(message);
      case 'keyExchange':
        return this.#handleKeyExchange(message, state.peerKey);
      case 'certificateVerify':
        return this.#handleCertificateVerify(message, state.peerKey);
      case 'finished':
        return this.#handleFinished(message);
      case 'nothing':
        return IGNORED;
    }
  }

  mayBeReplacedBy(clientRandom: Buffer): boolean {
    return this.#state.awaits === 'certificate' && !this.#transcript.randoms.subarray(0, RANDOM_LENGTH).equals(clientRandom);
  }

  #handleHello(message: HandshakeMessage): HandshakeOutcome {
    const hello = message.type === HandshakeType.clientHello ? parseClientHello(message.body) : undefined;
    const profileId = [...SRTP_PROFILES.keys()].find((id) => hello?.srtpProfileIds.includes(id));
    if (hello === undefined || profileId === undefined || !isAgreeable(hello)) return IGNORED;
    this.#profileId = profileId;
    const serverRandom = randomBytes(RANDOM_LENGTH);
    this.#transcript.setRandoms(Buffer.from(hello.random), serverRandom);
    this.#transcript.receive(message);
    const parameters = keyParameters(this.#keyPair.generateKeys());
    const { der, privateKey } = this.#identity.certificate;
    const signature = sign('sha256', Buffer.concat([this.#transcript.randoms, parameters]), privateKey);
    const messages = [
      this.#transcript.compose(HandshakeType.serverHello, writeServerHello(serverRandom, profileId, hello)),
      this.#transcript.compose(HandshakeType.certificate, writeCertificate(der)),
      this.#transcript.compose(
        HandshakeType.serverKeyExchange,
        writeServerKeyExchange(parameters, { scheme: SignatureScheme.ecdsaSecp256r1Sha256, bytes: signature }),
      ),
      this.#transcript.compose(HandshakeType.certificateRequest, writeCertificateRequest()),
      this.#transcript.compose(HandshakeType.serverHelloDone, Buffer.alloc(0)),
    ];
    this.#state = { awaits: 'certificate' };
    return { kind: 'flight', flight: toFlight(messages) };
  }

  #handleCertificate(message: HandshakeMessage): HandshakeOutcome {
    if (message.type !== HandshakeType.certificate) return IGNORED;
    const der = parseCertificate(message.body);
    if (der === undefined) return IGNORED;
    if (!matchesFingerprint(der, this.#identity.remoteFingerprints)) return failed('badCertificate', 'fingerprint-mismatch');
    const peerKey = certificateKey(der);
    if (peerKey === undefined) return failed('badCertificate');
    this.#transcript.receive(message);
    this.#state = { awaits: 'keyExchange', peerKey };
    return CONTINUE;
  }

  #handleKeyExchange(message: HandshakeMessage, peerKey: KeyObject): HandshakeOutcome {
    if (message.type !== HandshakeType.clientKeyExchange) return IGNORED;
    const publicKey = parseClientKeyExchange(message.body);
    const preMasterSecret = publicKey === undefined ? undefined : agree(this.#keyPair, publicKey);
    if (preMasterSecret === undefined) return IGNORED;
    this.#transcript.receive(message);
    this.ciphers = this.#transcript.deriveCiphers(preMasterSecret);
    this.#state = { awaits: 'certificateVerify', peerKey };
    return CONTINUE;
  }

  #handleCertificateVerify(message: HandshakeMessage, peerKey: KeyObject): HandshakeOutcome {
    if (message.type !== HandshakeType.certificateVerify) return IGNORED;
    const signature = parseCertificateVerify(message.body);
    if (signature === undefined) return IGNORED;
    if (!isSignedBy(peerKey, signature.scheme, this.#transcript.bytes, signature.bytes)) return failed('decryptError');
    this.#transcript.receive(message);
    this.#state = { awaits: 'finished' };
    return CONTINUE;
  }

  #handleFinished(message: HandshakeMessage): HandshakeOutcome {
    if (message.type !== HandshakeType.finished) return IGNORED;
    if (!isEqual(message.body, this.#transcript.verifyData('client'))) return failed('decryptError');
    this.#transcript.receive(message);
    const finished = this.#transcript.compose(HandshakeType.finished, this.#transcript.verifyData('server'));
    this.#state = { awaits: 'nothing' };
    return {
      kind: 'finished',
      flight: [CHANGE_CIPHER_SPEC, { kind: 'message', message: finished }],
      keys: this.#transcript.exportSrtpKeys(SRTP_PROFILES.get(this.#profileId) as SrtpProfile),
    };
  }
}

function isAgreeable(hello: ClientHello): boolean {
  return (
    // Versions count down: a client that supports DTLS 1.2 sends this or less.
    hello.version <= DTLS_1_2 &&
    hello.cipherSuites.includes(CipherSuite.ecdheEcdsaAes128GcmSha256) &&
    hello.groups.includes(GROUP_SECP256R1) &&
    hello.signatureSchemes.includes(SignatureScheme.ecdsaSecp256r1Sha256) &&
    // Without it, the exported keys are not bound to this handshake (RFC 7627 §5.4).
    hello.hasExtendedMasterSecret
  );
}

/** @returns undefined if the peer's point is not on the curve */
export function agree(keyPair: ECDH, publicKey: Buffer): Buffer | undefined {
  try {
    return keyPair.computeSecret(publicKey);
  } catch {
    return undefined;
  }
}

export function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
