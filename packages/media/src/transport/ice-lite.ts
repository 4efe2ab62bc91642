/**
 * The controlled, never checking side of ICE for one peer: it answers authenticated connectivity checks, remembers the paths
 * they came in on, and sends to the one the peer nominated.
 *
 * @see RFC 8445 §2.5 and §7.3 (lite agents), RFC 8489 §9.1 (short-term credentials)
 */
import { type StunMessage, verifyMessageIntegrity, writeBindingSuccess } from '@causeway/wire';
import type { Path } from '../demux/path.ts';
import { DropReason } from '../drop-reason.ts';
import type { EngineContext } from '../engine-context.ts';
import type { IceCredentials } from '../plan.ts';
import type { PeerTransport } from './peer-transport.ts';

/** A peer with more addresses than this is probing, not roaming; mediasoup keeps as many. */
const MAX_PATHS = 8;

/** One pair of credentials. A restart adds a second; the older goes when the peer nominates under the newer. */
interface Generation {
  readonly local: IceCredentials;
  readonly key: Uint8Array;
}

export class IceLite {
  readonly #context: EngineContext;
  readonly #transport: PeerTransport;
  readonly #paths: Path[] = [];
  #generations: Generation[];
  #selectedPath: Path | undefined;

  constructor(context: EngineContext, transport: PeerTransport, local: IceCredentials) {
    this.#context = context;
    this.#transport = transport;
    this.#generations = [createGeneration(local)];
  }

  /** Where to send: the path nominated last, or the first validated one until then. */
  get selectedPath(): Path | undefined {
    return this.#selectedPath;
  }

  /** Our user fragments that the peer may use at the moment. */
  get localUfrags(): readonly string[] {
    return this.#generations.map((generation) => generation.local.ufrag);
  }

  /** Accepts new credentials beside the old ones, which stay until the peer nominates a path with the new ones. */
  restart(local: IceCredentials): void {
    const current = this.#generations.at(-1);
    this.#setGenerations(current ? [current, createGeneration(local)] : [createGeneration(local)]);
  }

  /**
   * Answers a binding request whose USERNAME names one of our user fragments.
   *
   * @returns false, and does nothing but count, if its MESSAGE-INTEGRITY is not that of our password
   */
  handleBindingRequest(nowMs: number, path: Path, request: StunMessage, localUfrag: string): boolean {
    const generation = this.#generations.find((candidate) => candidate.local.ufrag === localUfrag);
    if (!generation || !verifyMessageIntegrity(request, generation.key, this.#context.hmacSha1)) {
      this.#context.drops.increment(DropReason.StunBadIntegrity);
      return false;
    }
    if (!this.#admit(path)) return false;
    path.lastHeardMs = nowMs;
    this.#answer(path, request, generation);
    if (request.useCandidate) this.#retireGenerationsBefore(generation);
    if (request.useCandidate || this.#selectedPath === undefined) this.#select(path);
    return true;
  }

  /** Forgets all paths. */
  close(): void {
    for (const path of this.#paths) this.#context.releasePath(path);
    this.#paths.length = 0;
    this.#selectedPath = undefined;
  }

  #admit(path: Path): boolean {
    if (path.transport === this.#transport) return true;
    // Somebody else's path: its owner's credentials were used from the same address before. The newer proof wins.
    if (path.transport !== undefined) path.transport.ice.forget(path);
    if (this.#paths.length >= MAX_PATHS && !this.#evictQuietest()) {
      this.#context.drops.increment(DropReason.TooManyPaths);
      return false;
    }
    path.transport = this.#transport;
    this.#paths.push(path);
    return true;
  }

  /** Drops a path that now belongs to another transport. */
  forget(path: Path): void {
    const index = this.#paths.indexOf(path);
    if (index >= 0) this.#paths.splice(index, 1);
    path.transport = undefined;
    if (this.#selectedPath === path) this.#selectedPath = undefined;
  }

  #evictQuietest(): boolean {
    let quietest: Path | undefined;
    for (const path of this.#paths) {
      if (path !== this.#selectedPath && (quietest === undefined || path.lastHeardMs < quietest.lastHeardMs)) quietest = path;
    }
    if (quietest === undefined) return false;
    this.forget(quietest);
    this.#context.releasePath(quietest);
    return true;
  }

  #select(path: Path): void {
    if (this.#selectedPath === path) return;
    this.#selectedPath = path;
    this.#context.sink.pathSelected(path);
  }

  #answer(path: Path, request: StunMessage, generation: Generation): void {
    const response = writeBindingSuccess({
      transactionId: request.transactionId,
      address: path.remoteAddress,
      port: path.remotePort,
      integrity: { key: generation.key, hmacSha1: this.#context.hmacSha1 },
      fingerprint: true,
    });
    this.#context.outbox.addDatagram(path, response);
  }

  #retireGenerationsBefore(generation: Generation): void {
    if (this.#generations[0] !== generation) this.#setGenerations([generation]);
  }

  #setGenerations(generations: Generation[]): void {
    const before = this.localUfrags;
    this.#generations = generations;
    this.#context.ufragsChanged(this.#transport, before);
  }
}

function createGeneration(local: IceCredentials): Generation {
  const key = new Uint8Array(local.password.length);
  // The grammar of ice-pwd is ASCII (RFC 8839 §5.4), and we made this one.
  for (let index = 0; index < key.length; index++) key[index] = local.password.charCodeAt(index);
  return { local, key };
}
