/**
 * The controlled side of ICE for one peer. It answers authenticated connectivity checks, remembers the paths they arrived on, and sends to
 * the path that the peer nominated once the peer has proven that it receives there.
 *
 * @see RFC 8445 §2.5 and §7.3 (lite agents), RFC 8489 §9.1 (short-term credentials), RFC 9000 §8.1 (anti-amplification limit)
 */
import { MAX_BINDING_SUCCESS_LENGTH, type StunMessage, verifyMessageIntegrity, writeBindingSuccess } from '@causeway/wire';
import { type Path, type PathOwner, SendKind } from '../demux/path.ts';
import { DropReason } from '../drop-reason.ts';
import type { EngineContext } from '../engine-context.ts';
import { sendReady } from '../outbox.ts';
import type { IceCredentials, TransportPlan } from '../plan.ts';
import { FirstAnswers } from './first-answers.ts';
import { PathChallenge, passwordBytes } from './path-challenge.ts';

/** A peer with more addresses than this is probing rather than roaming; mediasoup has the same limit. */
const MAX_PATHS = 8;
const ALLOWANCE_FACTOR = 3;
/** Interval between two copies of the same challenge. Clients check at most ten times per second. */
const CHALLENGE_INTERVAL_MS = 50;
const CHALLENGE_RANDOM_BYTES = 20;
/** Answers are written here, and copied when they are sent. */
const ANSWER = new Uint8Array(MAX_BINDING_SUCCESS_LENGTH);
/** More than one flight of the handshake. */
const MAX_UNSENT = 4;

/** The transport that the paths belong to. */
export interface IceUser extends PathOwner {
  /** Called when another path was selected, or the selected one was proven. */
  pathChanged(): void;
  reportDefect(error: unknown): void;
}

export class IceLite {
  readonly #context: EngineContext;
  readonly #transport: IceUser;
  #paths: readonly Path[] = [];
  /** Undefined if no page can miss the answer: on a link, and for a client that says so. */
  readonly #firstAnswers: FirstAnswers | undefined;
  /** Empty if the transport's path is given, since no check can then reach it. */
  #generations: IceGeneration[];
  #selectedPath: Path | undefined;
  /** The path that was nominated last. It is selected as soon as it is proven. */
  #nominated: Path | undefined;
  /** Datagrams of the handshake that wait for a path, or for proof that the peer receives there. */
  readonly #unsent: Uint8Array[] = [];
  /** Where our half of the handshake was sent. */
  #handshakePath: Path | 'several' | undefined;

  constructor(context: EngineContext, transport: IceUser, plan: TransportPlan) {
    this.#context = context;
    this.#transport = transport;
    this.#generations = plan.security === 'none' ? [] : [createGeneration(plan.local, plan.remote)];
    if (plan.isLink !== true && plan.connectsAtOnce !== true)
      this.#firstAnswers = new FirstAnswers(context.timers, context.time.nowMs, (error) => transport.reportDefect(error));
  }

  /** The path to send to: the last nominated one that is proven. Until there is one, it is the first path, for the handshake only. */
  get selectedPath(): Path | undefined {
    return this.#selectedPath;
  }

  get pathCount(): number {
    return this.#paths.length;
  }

  /** Our user fragments that the peer may use at present. */
  get localUfrags(): readonly string[] {
    return this.#generations.map((generation) => generation.localUfrag);
  }

  /** Accepts new credentials in addition to the old ones, which remain valid until the peer nominates a path with the new ones. */
  restart(local: IceCredentials, remote: IceCredentials): void {
    const current = this.#generations.at(-1);
    if (current !== undefined) this.#setGenerations([current, createGeneration(local, remote)]);
  }

  /**
   * Answers a binding request whose USERNAME names one of our user fragments.
   *
   * @returns false if its MESSAGE-INTEGRITY does not match our password; the request is then only counted
   */
  handleBindingRequest(nowMs: number, path: Path, request: StunMessage, localUfrag: string): boolean {
    const generation = this.#generations.find((candidate) => candidate.localUfrag === localUfrag);
    if (!generation || !verifyMessageIntegrity(request, passwordBytes(generation.localPassword), this.#context.hmacSha1)) {
      this.#context.drops.increment(DropReason.StunBadIntegrity);
      return false;
    }
    if (path.transport === undefined && !this.#admit(path)) return false;
    this.creditReceived(path, request.bytes.length);
    if (this.#firstAnswers === undefined || this.#firstAnswers.isOver) this.#answer(path, request.transactionId, generation);
    else this.#holdAnswer(nowMs, this.#firstAnswers, path, request, generation);
    if (request.useCandidate) this.#retireGenerationsBefore(generation);
    if (request.useCandidate || this.#selectedPath === undefined) this.#nominated = path;
    if (path === this.#nominated || path === this.#selectedPath) this.#consider(nowMs, path, generation);
    if (path.transport === this.#transport) path.lastHeardMs = nowMs;
    return true;
  }

  /** Sends the answers that are held for the client's page, because the client has moved on from our description. */
  endHold(): void {
    this.#firstAnswers?.endHold();
  }

  /** Nominates a path on which the peer has answered our check. Called on the controlling side of a link. */
  choose(path: Path): void {
    this.#nominated = path;
    this.prove(path);
  }

  /** Uses a path within the process, which needs no proof. */
  useGivenPath(path: Path): void {
    path.transport = this.#transport;
    path.isProven = true;
    this.#paths = [path];
    this.#select(path);
  }

  /** Records that the peer has proven that it receives what is sent to this path. */
  prove(path: Path): void {
    path.challenge = undefined;
    // The transport that sent the challenge is closed, so the path keeps its owner.
    if (this.#generations.length === 0) return;
    path.isProven = true;
    if (path.transport !== this.#transport && !this.#takeOver(path)) return;
    if (path === this.#nominated || path === this.#selectedPath) this.#select(path);
  }

  /** Handles the end of the handshake. The peer has received our half of it, and if all of that went to one path, that path is proven. */
  completeHandshake(): void {
    const path = this.#selectedPath;
    if (path !== undefined && path === this.#handshakePath && !path.isProven) this.prove(path);
  }

  /** Credits the path for an authenticated check or a handshake datagram, so that more may be sent to it. */
  creditReceived(path: Path, sizeBytes: number): void {
    if (!path.isProven) path.allowanceBytes += ALLOWANCE_FACTOR * sizeBytes;
  }

  /** Sends a datagram of DTLS to the selected path. */
  send(datagram: Uint8Array): void {
    const path = this.#selectedPath;
    if (path === undefined || !isAllowed(path, datagram)) {
      this.#keepUnsent(path, datagram);
      return;
    }
    this.#handshakePath = this.#handshakePath === undefined || this.#handshakePath === path ? path : 'several';
    this.#sendTo(path, datagram);
  }

  /** Drops a path that now belongs to another transport. */
  forget(path: Path): void {
    this.#paths = this.#paths.filter((other) => other !== path);
    path.transport = undefined;
    if (this.#nominated === path) this.#nominated = undefined;
    if (this.#selectedPath !== path) return;
    this.#selectedPath = undefined;
    this.#transport.pathChanged();
  }

  /** Forgets all paths. */
  close(): void {
    this.#firstAnswers?.close();
    for (const path of this.#paths) this.#context.releasePath(path);
    this.#paths = [];
    this.#unsent.length = 0;
    this.#generations = [];
    this.#selectedPath = undefined;
    this.#nominated = undefined;
  }

  #admit(path: Path): boolean {
    if (this.#paths.length >= MAX_PATHS && !this.#evictQuietest()) {
      this.#context.drops.increment(DropReason.TooManyPaths);
      return false;
    }
    path.transport = this.#transport;
    // A list that grows by `push` has room for seventeen, and most peers have one path.
    this.#paths = [...this.#paths, path];
    return true;
  }

  /**
   * Takes over a path of another transport. Our check was answered from its address, so our peer is there now and the other transport's
   * peer is not.
   */
  #takeOver(path: Path): boolean {
    path.transport?.ice.forget(path);
    if (this.#admit(path)) return true;
    this.#context.releasePath(path);
    return false;
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

  /** Selects a nominated path if that is possible now, and otherwise challenges it. */
  #consider(nowMs: number, path: Path, generation: IceGeneration): void {
    const isOurs = path.transport === this.#transport;
    if (!isOurs || !path.isProven) this.#challenge(nowMs, path, generation);
    if (!isOurs || path === this.#selectedPath) return;
    // As long as no path is proven, the handshake follows the nomination.
    if (path.isProven || this.#selectedPath?.isProven !== true) this.#select(path);
  }

  #select(path: Path): void {
    this.#selectedPath = path;
    // An unproven address may be a victim's, so it is not given a socket of its own.
    if (path.isProven) this.#context.sink.pathSelected(path);
    this.#transport.pathChanged();
    for (const datagram of this.#unsent.splice(0)) this.send(datagram);
  }

  #keepUnsent(path: Path | undefined, datagram: Uint8Array): void {
    // Without a path, a new datagram means that the ClientHello was lost and repeated: what was kept is obsolete.
    if (path === undefined) this.#unsent.length = 0;
    if (this.#unsent.length < MAX_UNSENT) this.#unsent.push(datagram);
    else this.#context.drops.increment(DropReason.BeyondPathAllowance);
  }

  #challenge(nowMs: number, path: Path, generation: IceGeneration): void {
    let { challenge } = path;
    if (challenge?.ice !== this || challenge.credentials !== generation) {
      const { hmacSha1, randomBytes } = this.#context;
      challenge = new PathChallenge(this, generation, hmacSha1, randomBytes(CHALLENGE_RANDOM_BYTES));
      path.challenge = challenge;
    }
    if (nowMs - challenge.askedAtMs < CHALLENGE_INTERVAL_MS) return;
    challenge.askedAtMs = nowMs;
    this.#sendTo(path, challenge.write());
  }

  #holdAnswer(nowMs: number, firstAnswers: FirstAnswers, path: Path, request: StunMessage, generation: IceGeneration): void {
    // The request is overwritten after this turn.
    const transactionId = new Uint8Array(request.transactionId);
    firstAnswers.hold(nowMs, path, () => {
      // The path may have been evicted while its answer was held.
      if (path.transport !== undefined) this.#answer(path, transactionId, generation);
    });
  }

  #answer(path: Path, transactionId: Uint8Array, generation: IceGeneration): void {
    const response = writeBindingSuccess({
      transactionId,
      address: path.remoteAddress,
      port: path.remotePort,
      integrity: { key: passwordBytes(generation.localPassword), hmacSha1: this.#context.hmacSha1 },
      fingerprint: true,
      buffer: ANSWER,
    });
    this.#sendTo(path, response);
  }

  #sendTo(path: Path, datagram: Uint8Array): void {
    if (!isAllowed(path, datagram)) {
      this.#context.drops.increment(DropReason.BeyondPathAllowance);
      return;
    }
    if (!path.isProven) path.allowanceBytes -= datagram.length;
    sendReady(this.#context, path, datagram, SendKind.Control);
  }

  #retireGenerationsBefore(generation: IceGeneration): void {
    if (this.#generations[0] !== generation) this.#setGenerations([generation]);
  }

  #setGenerations(generations: IceGeneration[]): void {
    const before = this.localUfrags;
    this.#generations = generations;
    this.#context.ufragsChanged(this.#transport.id, before, this.localUfrags);
  }
}

function isAllowed(path: Path, datagram: Uint8Array): boolean {
  return path.isProven || path.allowanceBytes >= datagram.length;
}

/**
 * One pair of credentials. An ICE restart adds a second pair; the older one is dropped when the peer nominates a path with
 * the newer.
 */
export interface IceGeneration {
  readonly localUfrag: string;
  readonly localPassword: string;
  readonly remoteUfrag: string;
  readonly remotePassword: string;
}

export function createGeneration(local: IceCredentials, remote: IceCredentials): IceGeneration {
  return {
    localUfrag: local.ufrag,
    localPassword: local.password,
    remoteUfrag: remote.ufrag,
    remotePassword: remote.password,
  };
}
