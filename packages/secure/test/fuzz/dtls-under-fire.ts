import { createCertificate, type LocalCertificate } from '../../src/dtls/certificate.ts';
import { DtlsEnd } from '../dtls/virtual-link.ts';

/** How far an association is when a hostile datagram arrives. */
export const STAGES = ['new', 'greeted', 'connected', 'client'] as const;
export type Stage = (typeof STAGES)[number];

const INPUTS_PER_ASSOCIATION = 24;
const INPUTS_BETWEEN_LOOKS = 64;

/** Associations at every stage, which take what a peer on a validated path may send. Datagrams are carried at once, not by a network. */
export class DtlsUnderFire {
  readonly #certificates: { readonly server: LocalCertificate; readonly client: LocalCertificate };
  /** A connected pair that lives through all of it. */
  readonly #pair: { readonly server: DtlsEnd; readonly client: DtlsEnd };
  readonly #recorded: Uint8Array[] = [];
  #victims = new Map<Stage, DtlsEnd>();
  #inputs = 0;

  private constructor(certificates: { readonly server: LocalCertificate; readonly client: LocalCertificate }) {
    this.#certificates = certificates;
    this.#pair = this.#connect();
  }

  static async create(): Promise<DtlsUnderFire> {
    const [server, client] = await Promise.all([createCertificate(new Date()), createCertificate(new Date())]);
    return new DtlsUnderFire({ server, client });
  }

  /** The datagrams of a whole handshake, both ways. */
  get recorded(): readonly Uint8Array[] {
    return this.#recorded;
  }

  receive(stage: Stage, datagram: Uint8Array): void {
    const end = stage === 'connected' ? this.#pair.server : this.#victimAt(stage);
    end.association.handleDatagram(performance.now(), datagram);
  }

  /** @throws Error if the pair is no longer connected, or a peer without a certificate was accepted */
  look(): void {
    this.#inputs++;
    for (const [stage, end] of this.#victims) if (end.keys !== undefined) throw new Error(`an impostor was believed (${stage})`);
    if (this.#inputs % INPUTS_PER_ASSOCIATION === 0) this.#replaceVictims();
    if (this.#inputs % INPUTS_BETWEEN_LOOKS === 0) this.#expectDataToFlow();
  }

  close(): void {
    this.#replaceVictims();
    for (const { association } of [this.#pair.server, this.#pair.client]) association.close();
  }

  #expectDataToFlow(): void {
    const { server, client } = this.#pair;
    client.association.send(Buffer.from('up'));
    server.association.send(Buffer.from('down'));
    if (server.received.pop() !== 'up' || client.received.pop() !== 'down') throw new Error('data flows no longer');
    for (const end of [server, client]) {
      end.received.length = 0;
      end.sent.length = 0;
    }
  }

  #victimAt(stage: Stage): DtlsEnd {
    const known = this.#victims.get(stage);
    if (known !== undefined) return known;
    const { server, client } = this.#certificates;
    const victim =
      stage === 'client' ? new DtlsEnd('client', client, [server.fingerprint]) : new DtlsEnd('server', server, [client.fingerprint]);
    const [hello] = this.#recorded;
    if (stage === 'greeted' && hello !== undefined) victim.association.handleDatagram(performance.now(), Uint8Array.from(hello));
    victim.timers.fireDue(performance.now());
    this.#victims.set(stage, victim);
    return victim;
  }

  #replaceVictims(): void {
    for (const { association } of this.#victims.values()) association.close();
    this.#victims = new Map();
  }

  #connect(): { server: DtlsEnd; client: DtlsEnd } {
    const server = new DtlsEnd('server', this.#certificates.server, [this.#certificates.client.fingerprint]);
    const client = new DtlsEnd('client', this.#certificates.client, [this.#certificates.server.fingerprint]);
    client.onSend = (datagram) => this.#carry(datagram, server);
    server.onSend = (datagram) => this.#carry(datagram, client);
    client.timers.fireDue(performance.now());
    return { server, client };
  }

  #carry(datagram: Uint8Array, to: DtlsEnd): void {
    if (this.#recorded.length < 16) this.#recorded.push(Uint8Array.from(datagram));
    to.association.handleDatagram(performance.now(), Uint8Array.from(datagram));
  }
}
