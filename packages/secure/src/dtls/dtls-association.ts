/**
 * A DTLS 1.2 association, which takes and sends records and runs the handshake. Everything happens during the call that passes in a
 * datagram, or in the owner's timers, so no promise can be rejected and nothing runs after `close()`.
 *
 * Unencrypted records are accepted only during the handshake, and only if they contain handshake messages. Alerts, and all records after
 * Finished, must be encrypted (docs/adr/0004-werift-behind-secure.md).
 *
 * @see RFC 6347
 */
import type { CertificateFingerprint, SecureCloseReason, Timers } from '@causeway/media';
import { ReplayWindow } from '../replay-window.ts';
import type { SrtpKeyingMaterial } from '../srtp/srtp-keys.ts';
import type { LocalCertificate } from './certificate.ts';
import { ClientHandshake } from './client-handshake.ts';
import { AlertDescription, AlertLevel, ContentType, HandshakeType } from './dtls-numbers.ts';
import { type DtlsRecord, parseRecords } from './dtls-record.ts';
import type { Flight, Handshake, HandshakeOutcome } from './handshake.ts';
import { type HandshakeFragment, parseFragments } from './handshake-message.ts';
import { HandshakeReassembler } from './handshake-reassembler.ts';
import type { RecordCiphers } from './handshake-transcript.ts';
import { RANDOM_LENGTH } from './hello-messages.ts';
import { RecordSender } from './record-sender.ts';
import { RetransmissionTimer } from './retransmission-timer.ts';
import { ServerHandshake } from './server-handshake.ts';

/** The interface of a DTLS association: handshake, keys for SRTP, and application data (SCTP). */
export interface DtlsListener {
  onOutput(datagram: Uint8Array): void;
  /** The peer has proven that it holds the key of an expected certificate. */
  onConnected(keys: SrtpKeyingMaterial): void;
  onData(data: Uint8Array): void;
  /** Called at most once, and not after `close()`. */
  onClosed(reason: SecureCloseReason): void;
  /** A timer threw an exception, so the association can no longer be used. */
  onDefect(error: unknown): void;
  /**
   * Whether a packet has arrived that was protected with the keys of this handshake, which proves that the peer has finished it. Default:
   * not known.
   */
  readonly isPeerHeard?: boolean;
}

interface DtlsConnectionOptions {
  readonly role: 'server' | 'client';
  readonly certificate: LocalCertificate;
  readonly remoteFingerprints: readonly CertificateFingerprint[];
  readonly listener: DtlsListener;
  /** They run on the clock of `handleDatagram`. A client sends its first flight when they next run. */
  readonly timers: Timers;
}

interface DtlsConnection {
  /** Whether the peer is known to have finished the handshake, or no longer requests its last flight. */
  readonly hasPeerFinished: boolean;
  /** Never throws, even for malformed input. */
  handleDatagram(nowMs: number, datagram: Uint8Array): void;
  /** Sends application data. Dropped if the handshake has not ended. */
  send(data: Uint8Array): void;
  /** Sends close_notify if the peer can decrypt it, and stops all timers. */
  close(): void;
}

/** What DTLS dropped, by cause. There is one object per suite, and its counters only increase. */
export interface DtlsCounters {
  /** Records or handshake fragments that are malformed, of an unknown type, or out of place. */
  malformed: number;
  /** Unencrypted records after the handshake, and unencrypted alerts and other records during it. */
  plaintextRefused: number;
  /** Encrypted records that are not authentic or cannot be decrypted. */
  undecryptable: number;
  replayed: number;
}

export function createDtlsCounters(): DtlsCounters {
  return { malformed: 0, plaintextRefused: 0, undecryptable: 0, replayed: 0 };
}

/** How many encrypted records are kept that arrive before the messages that establish their key. */
const MAX_EARLY_RECORDS = 8;
/** How often a hello may be replaced by another client's. After that, the present one is kept. */
const MAX_HELLO_REPLACEMENTS = 16;
/** A flight is repeated on demand at most this often, so that duplicated datagrams do not multiply. */
const MIN_REPEAT_INTERVAL_MS = 50;
/**
 * How often our Finished is repeated, whether requested or not. OpenSSL answers each repetition with its own last flight, which looks like
 * another request, and gives up the connection after twelve of them.
 */
const MAX_LAST_REPEATS = 8;
const NO_FLIGHT: Flight = [];
const NOTHING_RECEIVED = -1;
/**
 * How far behind the newest a record may arrive; RFC 6347 §4.1.2.6 asks for 64. Their bits still fit a typed array that V8 keeps within its
 * heap.
 */
const REMEMBERED_RECORDS = 512;
/** Offset of the random in a ClientHello. */
const HELLO_RANDOM_AT = 2;

export class DtlsAssociation implements DtlsConnection {
  readonly #listener: DtlsListener;
  readonly #counters: DtlsCounters;
  readonly #sender: RecordSender;
  readonly #replay = new ReplayWindow(NOTHING_RECEIVED, REMEMBERED_RECORDS);
  /** Undefined once the handshake is over, as is everything that only the handshake needs. A session may then last for hours. */
  #handshaking: { readonly options: DtlsConnectionOptions; reassembler: HandshakeReassembler; handshake: Handshake } | undefined;
  /** Undefined when no flight will be repeated unasked. */
  #timer: RetransmissionTimer | undefined;
  #ciphers: RecordCiphers | undefined;
  #early: DtlsRecord[] | undefined = [];
  #flight: Flight = NO_FLIGHT;
  #repeatedAtMs = Number.NEGATIVE_INFINITY;
  #peerIsBehind = false;
  #helloReplacements = 0;
  #lastRepeatsLeft = MAX_LAST_REPEATS;
  #state: 'handshaking' | 'connected' | 'closed' = 'handshaking';
  /** The time of the current datagram or timer. */
  #nowMs = 0;

  constructor(options: DtlsConnectionOptions, counters: DtlsCounters) {
    this.#listener = options.listener;
    this.#counters = counters;
    this.#sender = new RecordSender(options.listener);
    this.#timer = new RetransmissionTimer(options.timers, {
      onRetransmit: (nowMs) => this.#handleRetransmission(nowMs),
      onDeadline: () => this.#end('handshake-timeout'),
      onDefect: (error) => options.listener.onDefect(error),
    });
    if (options.role === 'client') {
      const client = new ClientHandshake(options);
      this.#handshaking = { options, reassembler: new HandshakeReassembler(), handshake: client };
      this.#flight = client.start();
      // The owner is still inside this constructor, and must not be called before it returns.
      this.#timer.begin();
    } else {
      this.#handshaking = { options, reassembler: new HandshakeReassembler(), handshake: new ServerHandshake(options) };
    }
  }

  /** The last flight is kept until the peer is known to have finished. */
  get hasPeerFinished(): boolean {
    return this.#state === 'connected' && (this.#flight.length === 0 || this.#listener.isPeerHeard === true);
  }

  handleDatagram(nowMs: number, datagram: Uint8Array): void {
    this.#nowMs = nowMs;
    this.#peerIsBehind = false;
    const bytes = Buffer.from(datagram.buffer, datagram.byteOffset, datagram.byteLength);
    for (const record of parseRecords(bytes)) this.#handleRecord(record);
    if (this.#peerIsBehind && this.#state !== 'closed') this.#repeatFlight();
  }

  send(data: Uint8Array): void {
    if (this.#state === 'connected') this.#sender.sendApplicationData(data);
  }

  close(): void {
    if (this.#state === 'connected') this.#sender.sendAlert('warning', AlertDescription.closeNotify);
    this.#stop();
  }

  #handleRecord(record: DtlsRecord): void {
    if (this.#state === 'closed') return;
    if (record.epoch === 1) {
      this.#handleEncrypted(record);
    } else if (record.epoch !== 0) {
      this.#counters.malformed++;
    } else if (this.#state === 'connected') {
      this.#counters.plaintextRefused++;
    } else if (record.contentType === ContentType.handshake) {
      this.#handleHandshake(record.fragment, false);
    } else if (record.contentType !== ContentType.changeCipherSpec) {
      this.#counters.plaintextRefused++;
    }
  }

  #handleEncrypted(record: DtlsRecord): void {
    if (this.#state === 'closed') return;
    const ciphers = this.#ciphers;
    if (ciphers === undefined) {
      this.#holdEarly(record);
      return;
    }
    if (this.#replay.isReplay(record.sequence)) {
      this.#counters.replayed++;
      return;
    }
    const plain = ciphers.remote.open(record);
    if (plain === undefined) {
      this.#counters.undecryptable++;
      return;
    }
    this.#replay.accept(record.sequence);
    // Copied, because messages are kept and the next record overwrites the decrypted bytes.
    if (record.contentType === ContentType.handshake) this.#handleHandshake(Buffer.from(plain), true);
    else if (record.contentType === ContentType.alert) this.#handleAlert(plain);
    else if (record.contentType !== ContentType.applicationData) this.#counters.malformed++;
    // The peer is not authenticated before Finished.
    else if (this.#state === 'connected') this.#handleData(plain);
  }

  #handleData(plain: Uint8Array): void {
    // Application data proves that the peer has received our Finished.
    if (this.#flight.length > 0) this.#forgetLastFlight();
    this.#listener.onData(plain);
  }

  #holdEarly(record: DtlsRecord): void {
    if (this.#early === undefined || this.#early.length >= MAX_EARLY_RECORDS) {
      this.#counters.undecryptable++;
      return;
    }
    this.#early.push({ ...record, fragment: Buffer.from(record.fragment) });
  }

  #handleAlert(alert: Uint8Array): void {
    const [level, description] = alert;
    if (alert.length !== 2) this.#counters.malformed++;
    else if (level !== AlertLevel.fatal && description !== AlertDescription.closeNotify) return;
    else this.#end(this.#state === 'connected' ? 'peer-closed' : 'handshake-failed');
  }

  #handleHandshake(record: Buffer, isEncrypted: boolean): void {
    const fragments = parseFragments(record);
    if (fragments === undefined) this.#counters.malformed++;
    for (const fragment of fragments ?? []) {
      if (this.#state === 'closed') return;
      // Finished is the only message that is encrypted, and it always is.
      if ((fragment.type === HandshakeType.finished) !== isEncrypted) this.#counters.malformed++;
      // After the handshake, such a message means that the peer has not received our last flight. There is no renegotiation.
      else if (this.#state === 'connected') this.#peerIsBehind = true;
      else this.#handleFragment(fragment);
    }
  }

  #handleFragment(fragment: HandshakeFragment): void {
    const handshaking = this.#handshaking;
    if (handshaking === undefined) return;
    if (this.#isOtherHello(handshaking.handshake, fragment)) {
      this.#helloReplacements++;
      handshaking.reassembler = new HandshakeReassembler();
      handshaking.handshake = new ServerHandshake(handshaking.options);
    }
    const { handshake, reassembler } = handshaking;
    const fate = reassembler.add(fragment);
    if (fate === 'repeated') this.#peerIsBehind = true;
    if (fate === 'dropped') this.#counters.malformed++;
    while (this.#handshaking !== undefined) {
      const message = reassembler.take();
      if (message === undefined) break;
      this.#timer?.startDeadline(this.#nowMs);
      this.#apply(handshake.handle(message), handshake.ciphers);
    }
  }

  /**
   * Whether this is a hello of another client that replaces the present one. An attacker's hello must not lock out the real client, so the
   * latest hello counts until one of the clients continues.
   */
  #isOtherHello(present: Handshake, { type, sequence, offset, body }: HandshakeFragment): boolean {
    if (type !== HandshakeType.clientHello || sequence !== 0 || offset !== 0) return false;
    if (this.#helloReplacements >= MAX_HELLO_REPLACEMENTS || body.length < HELLO_RANDOM_AT + RANDOM_LENGTH) return false;
    return present.mayBeReplacedBy(body.subarray(HELLO_RANDOM_AT, HELLO_RANDOM_AT + RANDOM_LENGTH));
  }

  #apply(outcome: HandshakeOutcome, ciphers: RecordCiphers | undefined): void {
    this.#ciphers = ciphers;
    if (ciphers !== undefined) this.#sender.setCipher(ciphers.local);
    switch (outcome.kind) {
      case 'continue':
        break;
      case 'ignored':
        this.#counters.malformed++;
        this.#handshaking?.reassembler.refuse();
        break;
      case 'flight':
        this.#startFlight(outcome.flight);
        break;
      case 'finished':
        this.#timer?.stop();
        this.#state = 'connected';
        this.#handshaking = undefined;
        this.#flight = outcome.flight;
        this.#sender.sendFlight(outcome.flight);
        if (outcome.flight.length > 0) this.#timer?.startLast(this.#nowMs);
        else this.#timer = undefined;
        this.#listener.onConnected(outcome.keys);
        break;
      case 'failed':
        this.#sender.sendAlert('fatal', outcome.alert);
        this.#end(outcome.reason);
        return;
    }
    if (ciphers === undefined) return;
    const early = this.#early;
    this.#early = undefined;
    for (const record of early ?? []) this.#handleEncrypted(record);
  }

  #startFlight(flight: Flight): void {
    this.#flight = flight;
    this.#sender.sendFlight(flight);
    this.#timer?.start(this.#nowMs);
  }

  #handleRetransmission(nowMs: number): void {
    this.#nowMs = nowMs;
    if (this.#state === 'connected' && this.#listener.isPeerHeard === true) this.#forgetLastFlight();
    else this.#sendFlightAgain();
    if (this.#timer?.isRunning === false) this.#timer = undefined;
  }

  /** Repeats the flight, because the peer has shown that it did not receive it. */
  #repeatFlight(): void {
    if (this.#nowMs - this.#repeatedAtMs < MIN_REPEAT_INTERVAL_MS) return;
    this.#repeatedAtMs = this.#nowMs;
    this.#sendFlightAgain();
  }

  #sendFlightAgain(): void {
    if (this.#state === 'connected' && --this.#lastRepeatsLeft < 0) this.#forgetLastFlight();
    else this.#sender.sendFlight(this.#flight);
  }

  /** Drops the last flight, because the peer has received it or too many repetitions have failed. */
  #forgetLastFlight(): void {
    this.#flight = NO_FLIGHT;
    this.#timer?.stop();
    this.#timer = undefined;
  }

  #end(reason: SecureCloseReason): void {
    this.#stop();
    this.#listener.onClosed(reason);
  }

  #stop(): void {
    this.#state = 'closed';
    this.#timer?.stop();
    this.#timer = undefined;
    this.#handshaking = undefined;
    this.#ciphers?.local.close();
    this.#ciphers?.remote.close();
    this.#ciphers = undefined;
    this.#early = undefined;
    this.#flight = NO_FLIGHT;
  }
}
