/**
 * Sends connectivity checks over a link to another node. On the controlling side, which opens the link, they find the path; on both sides
 * they keep consent fresh and measure the round-trip time. Checks are only sent to addresses in the plan, or on paths that the peer has
 * proven.
 *
 * @see RFC 8445 §7.2, RFC 7675 §5.1; docs/rfc-notes/ice-links.md lists what is left out of them
 */
import { type StunMessage, verifyMessageIntegrity, writeBindingRequest } from '@causeway/wire';
import type { BandwidthAllocator } from '../congestion/allocation/bandwidth-allocator.ts';
import { type Path, SendKind } from '../demux/path.ts';
import type { EngineContext } from '../engine-context.ts';
import { sendReady } from '../outbox.ts';
import type { ReachableAddress, TransportPlan } from '../plan.ts';
import type { ReceiveDemux } from '../publisher/receive-demux.ts';
import type { Timer } from '../timers.ts';
import type { Connection } from './connection.ts';
import { createGeneration, type IceGeneration, type IceLite } from './ice-lite.ts';
import { LinkQuality } from './link-quality.ts';
import type { CheckOwner, OutstandingCheck } from './outstanding-checks.ts';
import { PEER_REFLEXIVE_PRIORITY, passwordBytes } from './path-challenge.ts';

/** Ta of RFC 8445 §14.2, the interval between two checks to any address. */
const FIRST_INTERVAL_MS = 50;
/** Factor by which the interval grows each time all addresses have been checked. */
const BACK_OFF = 1.25;
/** Limits how long it takes to find a node or link that has come back. */
const MAX_SEARCH_INTERVAL_MS = 500;
/**
 * The share of checks after which the next one follows at the next beat; otherwise it follows at the one after, so the mean interval is 400
 * ms. Almost four checks fit into the time after which silence counts, so one lost check is not taken for silence. Consent checks must not
 * all be sent at the same interval (RFC 7675 §5.1).
 */
const NEXT_BEAT_SHARE = 0.4;
/** Enough for a route twice around the earth and a full queue. A later answer says nothing about the link's present state. */
const ANSWER_WITHIN_MS = 2000;
/** The number of paths that a peer may have. */
const MAX_ADDRESSES = 8;

/** The link whose path is checked. */
export interface CheckingTransport {
  readonly context: EngineContext;
  readonly connection: Pick<Connection, 'state' | 'handleCheck'>;
  readonly ice: IceLite;
  readonly receive: Pick<ReceiveDemux, 'tracks'>;
  readonly allocation: Pick<BandwidthAllocator, 'withheldShare'>;
  noteRtt(rttMs: number): void;
  reportDefect(error: unknown): void;
}

export class LinkChecks implements Timer, CheckOwner {
  readonly quality = new LinkQuality();
  readonly #transport: CheckingTransport;
  readonly #reach: readonly ReachableAddress[];
  readonly #credentials: IceGeneration;
  readonly #tieBreaker: bigint;
  readonly #beatKey: number;
  /** Paths that the socket layer opened for `#reach` when the search began. */
  #targets: readonly Path[] = [];
  #nextTarget = 0;
  #searchIntervalMs = FIRST_INTERVAL_MS;
  #isSearching = false;
  deadlineMs = Number.POSITIVE_INFINITY;
  heapIndex = -1;

  constructor(nowMs: number, transport: CheckingTransport, plan: TransportPlan) {
    const { timers, randomBytes, linkBeat } = transport.context;
    this.#transport = transport;
    this.#reach = (plan.reach ?? []).slice(0, MAX_ADDRESSES);
    this.#credentials = createGeneration(plan.local, plan.remote);
    this.#tieBreaker = randomBytes(8).reduce((bits, byte) => (bits << 8n) | BigInt(byte), 0n);
    this.#beatKey = beatKeyOf(this.#credentials);
    linkBeat.join();
    timers.schedule(nowMs, this);
  }

  fire(nowMs: number): void {
    const { ice, connection } = this.#transport;
    this.quality.noteUnanswered(this.#transport.context.checks.forget(this, nowMs - ANSWER_WITHIN_MS));
    const path = ice.selectedPath;
    const isFound = path?.isProven === true && connection.state !== 'disconnected';
    if (!isFound && this.#reach.length > 0) {
      this.#search(nowMs);
    } else {
      this.#isSearching = false;
      this.#keep(nowMs, path);
    }
  }

  handleAnswer(nowMs: number, path: Path, answer: StunMessage, check: OutstandingCheck): boolean {
    // Error responses can be forged by anyone on the path, and would not change anything.
    if (answer.messageClass !== 'success') return false;
    if (!verifyMessageIntegrity(answer, passwordBytes(this.#credentials.remotePassword), this.#transport.context.hmacSha1)) return false;
    // Checks that are still unanswered were sent during the interruption that this answer ends, or before the peer knew of the link.
    if (this.#isSearching || this.quality.isInterrupted) this.#transport.context.checks.forget(this, check.sentAtMs);
    this.quality.noteAnswered(nowMs - check.sentAtMs);
    this.#transport.noteRtt(nowMs - check.sentAtMs);
    if (this.#isSearching) this.#find(nowMs, path);
    this.#transport.connection.handleCheck(nowMs);
    return true;
  }

  /**
   * Called once a second. Compares the number of media packets that the peer says it sent with the number that arrived. Sequence numbers
   * are not used, because a client that leaves gaps in its stream would make the link look bad to everyone. The peer measures and reports
   * the loss in the other direction. What this side withholds because the link would lose it is known here.
   */
  noteTransit(): void {
    this.quality.noteWithheld(this.#transport.allocation.withheldShare);
    let [sent, received] = [0, 0];
    for (const { streams } of this.#transport.receive.tracks) {
      for (const { statistics } of streams) {
        const transit = statistics.takeTransit();
        sent += transit.sent;
        received += transit.received;
      }
    }
    if (sent > 0) this.quality.noteMediaLoss(Math.max(-1, 1 - received / sent));
  }

  fail(error: unknown): void {
    this.#transport.reportDefect(error);
  }

  close(): void {
    const { timers, checks, linkBeat } = this.#transport.context;
    timers.cancel(this);
    linkBeat.leave();
    checks.forget(this, Number.POSITIVE_INFINITY);
    this.#releaseTargets();
  }

  /** Checks one address after another, quickly at first. */
  #search(nowMs: number): void {
    if (!this.#isSearching) this.#beginSearch();
    const target = this.#targets[this.#nextTarget];
    if (target !== undefined) this.#ask(nowMs, target);
    this.#nextTarget++;
    if (this.#nextTarget >= this.#targets.length) {
      this.#nextTarget = 0;
      this.#searchIntervalMs = Math.min(this.#searchIntervalMs * BACK_OFF, MAX_SEARCH_INTERVAL_MS);
    }
    this.#transport.context.timers.schedule(nowMs + this.#searchIntervalMs, this);
  }

  #beginSearch(): void {
    const { sink } = this.#transport.context;
    this.#releaseTargets();
    this.#targets = this.#reach.map(({ address, port }) => sink.openPath(address, port)).filter((path) => path !== undefined);
    this.#isSearching = true;
    this.#nextTarget = 0;
    this.#searchIntervalMs = FIRST_INTERVAL_MS;
  }

  /** Uses the first address that answers, which is as good as any. The peer is immediately told which one it is. */
  #find(nowMs: number, path: Path): void {
    this.#isSearching = false;
    this.#transport.ice.choose(path);
    this.#keep(nowMs, path);
  }

  #keep(nowMs: number, path: Path | undefined): void {
    if (path?.isProven === true) this.#ask(nowMs, path);
    const { timers, linkBeat, random } = this.#transport.context;
    timers.schedule(linkBeat.next(nowMs, this.#beatKey, random() < NEXT_BEAT_SHARE ? 1 : 2), this);
  }

  #ask(nowMs: number, path: Path): void {
    const { context, ice } = this.#transport;
    const { localUfrag, remoteUfrag, remotePassword } = this.#credentials;
    const isControlling = this.#reach.length > 0;
    const transactionId = context.randomBytes(12);
    context.checks.add(transactionId, { owner: this, path, sentAtMs: nowMs });
    const check = writeBindingRequest({
      transactionId,
      username: `${remoteUfrag}:${localUfrag}`,
      priority: PEER_REFLEXIVE_PRIORITY,
      // With regular nomination (RFC 8445 §8.1.1), only a path that has answered is nominated, and again with every check.
      useCandidate: isControlling && path.isProven && path === ice.selectedPath,
      ...(isControlling ? { iceControlling: this.#tieBreaker } : { iceControlled: this.#tieBreaker }),
      integrity: { key: passwordBytes(remotePassword), hmacSha1: context.hmacSha1 },
      fingerprint: true,
    });
    sendReady(context, path, check, SendKind.Control);
  }

  /** Releases the paths of the search that no transport has taken. */
  #releaseTargets(): void {
    for (const path of this.#targets) if (path.transport === undefined) this.#transport.context.sink.pathReleased(path);
    this.#targets = [];
  }
}

/** Both ends have the same two fragments, in the opposite order. */
function beatKeyOf({ localUfrag, remoteUfrag }: IceGeneration): number {
  let sum = 0;
  for (const character of localUfrag + remoteUfrag) sum += character.charCodeAt(0);
  return sum;
}
