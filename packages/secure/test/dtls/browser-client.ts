/**
 * A DTLS client that times its flights as Chromium does: it repeats a flight after twice the round trip that ICE has measured, then after
 * twice as long each time, whatever comes of the server's earlier flights, and its hello takes two datagrams (post-quantum key shares).
 */
import { type CertificateFingerprint, type Timer, Timers } from '@causeway/media';
import type { LocalCertificate } from '../../src/dtls/certificate.ts';
import { ClientHandshake } from '../../src/dtls/client-handshake.ts';
import { ContentType } from '../../src/dtls/dtls-numbers.ts';
import { parseRecords, writeRecord } from '../../src/dtls/dtls-record.ts';
import type { Flight } from '../../src/dtls/handshake.ts';
import { parseFragments, writeFragments } from '../../src/dtls/handshake-message.ts';
import { HandshakeReassembler } from '../../src/dtls/handshake-reassembler.ts';
import { RecordSender } from '../../src/dtls/record-sender.ts';
import type { SrtpKeyingMaterial } from '../../src/srtp/srtp-keys.ts';

const HALF_A_HELLO = 120;

export class BrowserClient implements Timer {
  deadlineMs = Number.POSITIVE_INFINITY;
  heapIndex = -1;
  keys: SrtpKeyingMaterial | undefined;
  readonly timers = new Timers();
  /** What `VirtualLink` delivers to. */
  readonly association = this;
  /** Where output goes. */
  onSend: (datagram: Uint8Array) => void = () => {};
  readonly #handshake: ClientHandshake;
  readonly #reassembler = new HandshakeReassembler();
  readonly #sender = new RecordSender({ onOutput: (datagram) => this.onSend(datagram) });
  readonly #firstDelayMs: number;
  #delayMs: number;
  #flight: Flight;
  #isGreeting = true;

  constructor(certificate: LocalCertificate, remoteFingerprints: readonly CertificateFingerprint[], firstDelayMs: number) {
    this.#handshake = new ClientHandshake({ certificate, remoteFingerprints });
    this.#firstDelayMs = firstDelayMs;
    this.#delayMs = firstDelayMs;
    this.#flight = this.#handshake.start();
    this.timers.schedule(0, this);
  }

  fire(nowMs: number): void {
    if (this.#isGreeting) this.#greet();
    else this.#sender.sendFlight(this.#flight);
    this.timers.schedule(nowMs + this.#delayMs, this);
    this.#delayMs *= 2;
  }

  fail(error: unknown): void {
    throw error;
  }

  handleDatagram(nowMs: number, datagram: Uint8Array): void {
    for (const record of parseRecords(Buffer.from(datagram))) {
      const { ciphers } = this.#handshake;
      if (record.contentType !== ContentType.handshake || this.keys !== undefined) continue;
      // Before the server's ChangeCipherSpec, which travels with its Finished, nothing is encrypted.
      const body = record.epoch === 0 ? record.fragment : ciphers?.remote.open(record);
      for (const fragment of parseFragments(Buffer.from(body ?? [])) ?? []) this.#reassembler.add(fragment);
      for (let message = this.#reassembler.take(); message !== undefined; message = this.#reassembler.take()) {
        const outcome = this.#handshake.handle(message);
        if (outcome.kind === 'flight') this.#begin(nowMs, outcome.flight);
        if (outcome.kind === 'finished') this.#finish(outcome.keys);
      }
    }
  }

  #greet(): void {
    for (const step of this.#flight) {
      if (step.kind !== 'message') continue;
      for (const [number, fragment] of writeFragments(step.message, HALF_A_HELLO).entries()) {
        this.onSend(writeRecord(ContentType.handshake, 0, number, fragment));
      }
    }
  }

  #begin(nowMs: number, flight: Flight): void {
    const { ciphers } = this.#handshake;
    if (ciphers !== undefined) this.#sender.setCipher(ciphers.local);
    this.#isGreeting = false;
    this.#flight = flight;
    this.#delayMs = this.#firstDelayMs;
    this.fire(nowMs);
  }

  #finish(keys: SrtpKeyingMaterial): void {
    this.keys = keys;
    this.timers.cancel(this);
  }
}
