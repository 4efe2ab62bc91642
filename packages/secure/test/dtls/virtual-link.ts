/** Two DTLS associations over a link in virtual time, which may lose, delay, reorder, duplicate or alter datagrams. */
import type { CertificateFingerprint, SecureCloseReason } from '@causeway/media';
import type { LocalCertificate } from '../../src/dtls/certificate.ts';
import { DtlsAssociation } from '../../src/dtls/dtls-association.ts';
import type { DtlsListener } from '../../src/dtls/dtls-connection.ts';
import { createDtlsCounters } from '../../src/dtls/dtls-counters.ts';
import type { SrtpKeyingMaterial } from '../../src/srtp/srtp-keys.ts';

export class DtlsEnd implements DtlsListener {
  keys: SrtpKeyingMaterial | undefined;
  closeReason: SecureCloseReason | undefined;
  readonly received: string[] = [];
  readonly sent: Uint8Array[] = [];
  readonly counters = createDtlsCounters();
  readonly association: DtlsAssociation;
  /** Where output goes. */
  onSend: (datagram: Uint8Array) => void = () => {};

  constructor(role: 'server' | 'client', certificate: LocalCertificate, remoteFingerprints: readonly CertificateFingerprint[]) {
    this.association = new DtlsAssociation({ role, certificate, remoteFingerprints, listener: this }, this.counters);
  }

  onOutput(datagram: Uint8Array): void {
    this.sent.push(datagram);
    this.onSend(datagram);
  }

  onConnected(keys: SrtpKeyingMaterial): void {
    this.keys = keys;
  }

  onData(data: Uint8Array): void {
    this.received.push(Buffer.from(data).toString());
  }

  onDefect(error: unknown): void {
    throw error;
  }

  onClosed(reason: SecureCloseReason): void {
    if (this.closeReason !== undefined) throw new Error('closed twice');
    this.closeReason = reason;
  }
}

/** What happens to one datagram: the times it arrives after, none if it is lost. */
export type Fate = (datagram: Uint8Array, number: number) => readonly number[];

export const PERFECT: Fate = () => [10];

export class VirtualLink {
  readonly server: DtlsEnd;
  readonly client: DtlsEnd;

  constructor(server: DtlsEnd, client: DtlsEnd, fate: { toServer?: Fate; toClient?: Fate } = {}) {
    this.server = server;
    this.client = client;
    client.onSend = deliver(server, fate.toServer ?? PERFECT);
    server.onSend = deliver(client, fate.toClient ?? PERFECT);
  }

  get isConnected(): boolean {
    return this.server.keys !== undefined && this.client.keys !== undefined;
  }
}

function deliver(to: DtlsEnd, fate: Fate): (datagram: Uint8Array) => void {
  let number = 0;
  return (datagram) => {
    for (const delayMs of fate(datagram, number++)) {
      setTimeout(() => to.association.handleDatagram(Date.now(), Uint8Array.from(datagram)), delayMs);
    }
  };
}

/** A repeatable sequence of numbers from 0 up to 1. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
