/**
 * The client's side of the handshake, for links between nodes and for load tests. Browsers are always clients of the SFU.
 *
 * @see RFC 5246 §7.3, RFC 6347 §4.2
 */
import { createECDH, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { SrtpProfile } from '@causeway/media';
import { matchesFingerprint } from './certificate.ts';
import { CipherSuite, DTLS_1_2, HandshakeType, SignatureScheme } from './dtls-numbers.ts';
import { CONTINUE, type Flight, failed, type Handshake, type HandshakeOutcome, IGNORED, toFlight } from './handshake.ts';
import type { HandshakeMessage } from './handshake-message.ts';
import { HandshakeTranscript, type RecordCiphers } from './handshake-transcript.ts';
import { parseHelloVerifyRequest, parseServerHello, RANDOM_LENGTH, SRTP_PROFILES, writeClientHello } from './hello-messages.ts';
import {
  parseCertificate,
  parseCertificateRequest,
  parseServerKeyExchange,
  writeCertificate,
  writeClientKeyExchange,
  writeSignature,
} from './key-messages.ts';
import { certificateKey, isSignedBy } from './peer-certificate.ts';
import { agree, type HandshakeIdentity, isEqual } from './server-handshake.ts';

type State =
  | { readonly awaits: 'hello'; readonly hasCookie: boolean }
  | { readonly awaits: 'certificate' }
  | { readonly awaits: 'keyExchange'; readonly peerKey: KeyObject }
  | { readonly awaits: 'certificateRequest'; readonly serverPublicKey: Buffer }
  | { readonly awaits: 'helloDone'; readonly serverPublicKey: Buffer }
  | { readonly awaits: 'finished' };

const SUITES: readonly number[] = [CipherSuite.ecdheEcdsaAes128GcmSha256, CipherSuite.ecdheRsaAes128GcmSha256];

export class ClientHandshake implements Handshake {
  ciphers: RecordCiphers | undefined;
  readonly #identity: HandshakeIdentity;
  readonly #transcript = new HandshakeTranscript('client');
  readonly #random = randomBytes(RANDOM_LENGTH);
  #profile: SrtpProfile | undefined;
  #state: State = { awaits: 'hello', hasCookie: false };

  constructor(identity: HandshakeIdentity) {
    this.#identity = identity;
  }

  /** The first flight of the handshake. */
  start(): Flight {
    return toFlight([this.#transcript.compose(HandshakeType.clientHello, writeClientHello(this.#random, Buffer.alloc(0)))]);
  }

  handle(message: HandshakeMessage): HandshakeOutcome {
    const state = this.#state;
    switch (state.awaits) {
      case 'hello':
        if (message.type === HandshakeType.helloVerifyRequest && !state.hasCookie) return this.#handleCookie(message);
        return this.#handleHello(message);
      case 'certificate':
        return this.#handleCertificate(message);
      case 'keyExchange':
        return this.#handleKeyExchange(message, state.peerKey);
      case 'certificateRequest':
        return this.#handleCertificateRequest(message, state.serverPublicKey);
      case 'helloDone':
        return this.#handleHelloDone(message, state.serverPublicKey);
      case 'finished':
        return this.#handleFinished(message);
    }
  }

  mayBeReplacedBy(): boolean {
    return false;
  }

  #handleCookie(message: HandshakeMessage): HandshakeOutcome {
    const cookie = parseHelloVerifyRequest(message.body);
    if (cookie === undefined) return IGNORED;
    this.#state = { awaits: 'hello', hasCookie: true };
    this.#transcript.clear();
    const hello = this.#transcript.compose(HandshakeType.clientHello, writeClientHello(this.#random, cookie));
    return { kind: 'flight', flight: toFlight([hello]) };
  }

  #handleHello(message: HandshakeMessage): HandshakeOutcome {
    if (message.type !== HandshakeType.serverHello) return IGNORED;
    const hello = parseServerHello(message.body);
    if (hello === undefined) return IGNORED;
    const [profileId = -1] = hello.srtpProfileIds;
    this.#profile = SRTP_PROFILES.get(profileId);
    const isAgreeable = hello.version === DTLS_1_2 && SUITES.includes(hello.cipherSuite) && hello.hasExtendedMasterSecret;
    if (!isAgreeable || hello.srtpProfileIds.length !== 1 || this.#profile === undefined) return failed('handshakeFailure');
    this.#transcript.setRandoms(this.#random, Buffer.from(hello.random));
    this.#transcript.receive(message);
    this.#state = { awaits: 'certificate' };
    return CONTINUE;
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
    if (message.type !== HandshakeType.serverKeyExchange) return IGNORED;
    const exchange = parseServerKeyExchange(message.body);
    if (exchange === undefined) return IGNORED;
    const signed = Buffer.concat([this.#transcript.randoms, exchange.parameters]);
    if (!isSignedBy(peerKey, exchange.signature.scheme, signed, exchange.signature.bytes)) return failed('decryptError');
    this.#transcript.receive(message);
    this.#state = { awaits: 'certificateRequest', serverPublicKey: Buffer.from(exchange.publicKey) };
    return CONTINUE;
  }

  #handleCertificateRequest(message: HandshakeMessage, serverPublicKey: Buffer): HandshakeOutcome {
    // A WebRTC server always requests a client certificate (RFC 8827 §6.5).
    if (message.type !== HandshakeType.certificateRequest) return failed('handshakeFailure');
    const schemes = parseCertificateRequest(message.body);
    if (schemes === undefined) return IGNORED;
    if (!schemes.includes(SignatureScheme.ecdsaSecp256r1Sha256)) return failed('handshakeFailure');
    this.#transcript.receive(message);
    this.#state = { awaits: 'helloDone', serverPublicKey };
    return CONTINUE;
  }

  #handleHelloDone(message: HandshakeMessage, serverPublicKey: Buffer): HandshakeOutcome {
    if (message.type !== HandshakeType.serverHelloDone || message.body.length !== 0) return IGNORED;
    const keyPair = createECDH('prime256v1');
    const publicKey = keyPair.generateKeys();
    const preMasterSecret = agree(keyPair, serverPublicKey);
    if (preMasterSecret === undefined) return IGNORED;
    this.#transcript.receive(message);
    const { der, privateKey } = this.#identity.certificate;
    const certificate = this.#transcript.compose(HandshakeType.certificate, writeCertificate(der));
    const exchange = this.#transcript.compose(HandshakeType.clientKeyExchange, writeClientKeyExchange(publicKey));
    this.ciphers = this.#transcript.deriveCiphers(preMasterSecret);
    const signature = { scheme: SignatureScheme.ecdsaSecp256r1Sha256, bytes: sign('sha256', this.#transcript.bytes, privateKey) };
    const verify = this.#transcript.compose(HandshakeType.certificateVerify, writeSignature(signature));
    const finished = this.#transcript.compose(HandshakeType.finished, this.#transcript.verifyData('client'));
    this.#state = { awaits: 'finished' };
    return {
      kind: 'flight',
      flight: [...toFlight([certificate, exchange, verify]), { kind: 'changeCipherSpec' }, { kind: 'message', message: finished }],
    };
  }

  #handleFinished(message: HandshakeMessage): HandshakeOutcome {
    if (message.type !== HandshakeType.finished) return IGNORED;
    if (!isEqual(message.body, this.#transcript.verifyData('server'))) return failed('decryptError');
    return { kind: 'finished', flight: [], keys: this.#transcript.exportSrtpKeys(this.#profile as SrtpProfile) };
  }
}
