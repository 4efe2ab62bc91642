/**
 * The controlled side of ICE for one peer: it answers authenticated connectivity checks, remembers the paths they came in
 * on, and sends to the one the peer nominated, once the peer has shown that it receives there.
 *
 * @see RFC 8445 §2.5 and §7.3 (lite agents), RFC 8489 §9.1 (short-term credentials), RFC 9000 §8.1 (three bytes for one)
 */
import { type StunMessage, verifyMessageIntegrity, writeBindingSuccess } from '@causeway/wire';
import { type Path, type PathOwner, SendKind } from '../demux/path.ts';
import { DropReason } from '../drop-reason.ts';
import type { EngineContext } from '../engine-context.ts';
import type { IceCredentials, TransportPlan } from '../plan.ts';
import { sendReady } from '../send-slots.ts';
import { FirstAnswers } from './first-answers.ts';
import { createGeneration, type IceGeneration } from './ice-generation.ts';
import { PathChallenge } from './path-challenge.ts';

/** A peer with more addresses than this is probing, not roaming; mediasoup keeps as many. */
const MAX_PATHS = 8;
const ALLOWANCE_FACTOR = 3;
/** Between two copies of the same question; clients check ten times a second at most. */
const CHALLENGE_INTERVAL_MS = 50;
const CHALLENGE_RANDOM_BYTES = 20;
/** A flight of the handshake, and to spare. */
const MAX_UNSENT = 4;

/** The transport whose paths these are. */
export interface IceUser extends PathOwner {
  /** The selected path is another, or has been proven. */
  pathChanged(): void;
  reportDefect(error: unknown): void;
}

export class IceLite {
  readonly #context: EngineContext;
  readonly #transport: IceUser;
  readonly #paths: Path[] = [];
  /** Undefined where no page can miss the answer: on a link, and for a client that says so. */
  readonly #firstAnswers: FirstAnswers | undefined;
  /** None, if the transport's path is given: then no check can reach it. */
  #generations: IceGeneration[];
  #selectedPath: Path | undefined;
  /** The path nominated last, which is selected as soon as it is proven. */
  #nominated: Path | undefined;
  /** Datagrams of the handshake for which there is no path yet, or no proof that the peer receives there. */
  readonly #unsent: Uint8Array[] = [];
  /** Where our half of the handshake went. */
  #handshakePath: Path | 'several' | undefined;

  constructor(context: EngineContext, transport: IceUser, plan: TransportPlan) {
    this.#context = context;
    this.#transport = transport;
    this.#generations = plan.security === 'none' ? [] : [createGeneration(plan.local, plan.remote)];
    if (plan.isLink !== true && plan.connectsAtOnce !== true)
      this.#firstAnswers = new FirstAnswers(context.timers, context.time.nowMs, (error) => transport.reportDefect(error));
  }

  /** Where to send: the path nominated last that is proven, or, for the handshake alone, the first until one is. */
  get selectedPath(): Path | undefined {
    return this.#selectedPath;
  }

  get pathCount(): number {
    return this.#paths.length;
  }

  /** Our user fragments that the peer may use at the moment. */
  get localUfrags(): readonly string[] {
    return this.#generations.map((generation) => generation.localUfrag);
  }

  /** Accepts new credentials beside the old ones, which stay until the peer nominates a path with the new ones. */
  restart(local: IceCredentials, remote: IceCredentials): void {
    const current = this.#generations.at(-1);
    if (current !== undefined) this.#setGenerations([current, createGeneration(local, remote)]);
  }

  /**
   * Answers a binding request whose USERNAME names one of our user fragments.
   *
   * @returns false, and does nothing but count, if its MESSAGE-INTEGRITY is not that of our password
   */
  handleBindingRequest(nowMs: number, path: Path, request: StunMessage, localUfrag: string): boolean {
    const generation = this.#generations.find((candidate) => candidate.localUfrag === localUfrag);
    if (!generation || !verifyMessageIntegrity(request, generation.localKey, this.#context.hmacSha1)) {
      this.#context.drops.increment(DropReason.StunBadIntegrity);
      return false;
    }
    if (path.transport === undefined && !this.#admit(path)) return false;
    this.creditReceived(path, request.bytes.length);
    if (this.#firstAnswers === undefined) this.#answer(path, request, generation);
    else this.#firstAnswers.send(nowMs, path, () => this.#answer(path, request, generation));
    if (request.useCandidate) this.#retireGenerationsBefore(generation);
    if (request.useCandidate || this.#selectedPath === undefined) this.#nominated = path;
    if (path === this.#nominated || path === this.#selectedPath) this.#consider(nowMs, path, generation);
    if (path.transport === this.#transport) path.lastHeardMs = nowMs;
    return true;
  }

  /** The client goes on after our description: answers that are held for its page are sent. */
  endHold(): void {
    this.#firstAnswers?.endHold();
  }

  /** A check of ours was answered from there, and ours is the choice. */
  choose(path: Path): void {
    this.#nominated = path;
    this.prove(path);
  }

  /** Takes a path within the process. It needs no proof. */
  useGivenPath(path: Path): void {
    path.transport = this.#transport;
    path.isProven = true;
    this.#paths.push(path);
    this.#select(path);
  }

  /** The peer has shown that it receives what is sent to this path. */
  prove(path: Path): void {
    path.challenge = undefined;
    // The session that asked is gone: whose path it is stays as it was.
    if (this.#generations.length === 0) return;
    path.isProven = true;
    if (path.transport !== this.#transport && !this.#takeOver(path)) return;
    if (path === this.#nominated || path === this.#selectedPath) this.#select(path);
  }

  /** The peer finished the handshake, so it received our half of it; if all of that went to one path, this proves the path. */
  completeHandshake(): void {
    const path = this.#selectedPath;
    if (path !== undefined && path === this.#handshakePath && !path.isProven) this.prove(path);
  }

  /** Notes an authenticated check or a handshake datagram, which earns the path something to send back. */
  creditReceived(path: Path, sizeBytes: number): void {
    if (!path.isProven) path.allowanceBytes += ALLOWANCE_FACTOR * sizeBytes;
  }

  /** Sends a datagram of the handshake, or of what follows it, to the selected path. */
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
    const index = this.#paths.indexOf(path);
    if (index >= 0) this.#paths.splice(index, 1);
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
    this.#paths.length = 0;
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
    this.#paths.push(path);
    return true;
  }

  /** The address of another transport has answered our check: our peer is there now, and that transport's peer has gone. */
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

  /** Selects a nominated path if that may be done now, and asks for what is missing if not. */
  #consider(nowMs: number, path: Path, generation: IceGeneration): void {
    const isOurs = path.transport === this.#transport;
    if (!isOurs || !path.isProven) this.#challenge(nowMs, path, generation);
    if (!isOurs || path === this.#selectedPath) return;
    // Between paths of which none is proven, the handshake follows the nomination.
    if (path.isProven || this.#selectedPath?.isProven !== true) this.#select(path);
  }

  #select(path: Path): void {
    this.#selectedPath = path;
    // Only then: a socket of its own is worth nothing to an address that may be a victim's.
    if (path.isProven) this.#context.sink.pathSelected(path);
    this.#transport.pathChanged();
    for (const datagram of this.#unsent.splice(0)) this.send(datagram);
  }

  #keepUnsent(path: Path | undefined, datagram: Uint8Array): void {
    // The ClientHello was lost, so it is sent again.
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

  #answer(path: Path, request: StunMessage, generation: IceGeneration): void {
    // The path may have been evicted while its answer was held back.
    if (path.transport === undefined) return;
    const response = writeBindingSuccess({
      transactionId: request.transactionId,
      address: path.remoteAddress,
      port: path.remotePort,
      integrity: { key: generation.localKey, hmacSha1: this.#context.hmacSha1 },
      fingerprint: true,
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
