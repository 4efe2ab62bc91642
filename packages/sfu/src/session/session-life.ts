/** How a session begins and ends, and what happens if its client does not answer, connect, or send what it publishes. */
import { type ConnectionState, SfuError } from '@causeway/protocol';
import type { CancelTimer, Clock } from '../clock.ts';
import type { SessionCloseReason } from '../events.ts';
import { editPublication, type Negotiation, type Publication, publications } from '../negotiation/index.ts';

/** An offer of the SFU that is not answered within this time is withdrawn (docs/api.md §6). */
export const ANSWER_TIMEOUT_MS = 10_000;
/** For sessions without a transport; the engine gives a transport the same time to connect (docs/api.md §9). */
const SETUP_TIMEOUT_MS = 30_000;
/** How long an unnamed publication may stay without a packet before listings leave it out (docs/api.md §2). */
const GHOST_AFTER_MS = 10_000;

export type SessionLife =
  | { readonly type: 'open'; readonly connectionState: ConnectionState }
  | { readonly type: 'closed'; readonly reason: SessionCloseReason; readonly closedAtMs: number; readonly closedAt: string };

export interface SessionEnd {
  readonly reason: SessionCloseReason;
  /** ISO 8601, UTC. */
  readonly closedAt: string;
}

export function sessionClosedError(sessionId: string, { reason, closedAt }: SessionEnd): SfuError {
  return new SfuError('session_closed', `session ${sessionId} has ended: ${reason}`, { details: { reason, closedAt } });
}

/** The deadlines of a client: to answer an offer, and to give its session a transport. */
export class ClientDeadlines {
  readonly #clock: Clock;
  readonly #onAnswerMissed: () => void;
  readonly #onSetupMissed: () => void;
  #cancelAnswer: CancelTimer | undefined = undefined;
  #cancelSetup: CancelTimer | undefined = undefined;
  #offeredAtMs = 0;

  constructor(clock: Clock, onAnswerMissed: () => void, onSetupMissed: () => void) {
    this.#clock = clock;
    this.#onAnswerMissed = onAnswerMissed;
    this.#onSetupMissed = onSetupMissed;
  }

  /** How long an answer has been due; undefined if none is. */
  get answerDueForMs(): number | undefined {
    return this.#cancelAnswer === undefined ? undefined : this.#clock.nowMs() - this.#offeredAtMs;
  }

  /** Called after every change. A running deadline continues while the session waits for the same thing. */
  watch({ isAnswerDue, isSetupDue }: { readonly isAnswerDue: boolean; readonly isSetupDue: boolean }): void {
    if (!isAnswerDue) this.#stopAnswer();
    else if (this.#cancelAnswer === undefined) {
      this.#offeredAtMs = this.#clock.nowMs();
      this.#cancelAnswer = this.#clock.schedule(ANSWER_TIMEOUT_MS, () => this.#missAnswer());
    }
    if (!isSetupDue) this.#stopSetup();
    else this.#cancelSetup ??= this.#clock.schedule(SETUP_TIMEOUT_MS, this.#onSetupMissed);
  }

  stop(): void {
    this.#stopAnswer();
    this.#stopSetup();
  }

  #missAnswer(): void {
    this.#cancelAnswer = undefined;
    this.#onAnswerMissed();
  }

  #stopAnswer(): void {
    this.#cancelAnswer?.();
    this.#cancelAnswer = undefined;
  }

  #stopSetup(): void {
    this.#cancelSetup?.();
    this.#cancelSetup = undefined;
  }
}

/** Detects publications that never send a packet. */
export class GhostWatch {
  readonly #clock: Clock;
  readonly #onGhosts: (publicationIds: ReadonlySet<string>) => void;
  /** Undefined while none are watched. Most sessions publish nothing. */
  #watched: Set<string> | undefined = undefined;
  #timers: Set<CancelTimer> | undefined = undefined;

  constructor(clock: Clock, onGhosts: (publicationIds: ReadonlySet<string>) => void) {
    this.#clock = clock;
    this.#onGhosts = onGhosts;
  }

  /** Starts to wait for the silent publications of a connected session; those already watched are not restarted. */
  watch(silentIds: readonly string[]): void {
    if (silentIds.length === 0) return;
    this.#watched ??= new Set();
    const watched = this.#watched;
    const added = new Set(silentIds.filter((id) => !watched.has(id)));
    if (added.size === 0) return;
    for (const id of added) watched.add(id);
    const cancel = this.#clock.schedule(GHOST_AFTER_MS, () => {
      this.#timers?.delete(cancel);
      for (const id of added) watched.delete(id);
      if (watched.size === 0) this.#watched = undefined;
      this.#onGhosts(added);
    });
    this.#timers ??= new Set();
    this.#timers.add(cancel);
  }

  stop(): void {
    for (const cancel of this.#timers ?? []) cancel();
    this.#timers = undefined;
  }
}

/** Whether it was published automatically and has never sent anything; its transceiver may have no track. */
function isGhost({ isExplicit, status, isHidden }: Publication): boolean {
  return !isExplicit && status === 'pending' && !isHidden;
}

export function ghostIds(state: Negotiation): readonly string[] {
  return publications(state)
    .map(({ publication }) => publication)
    .filter(isGhost)
    .map(({ id }) => id);
}

/** Hides those of the publications that still have sent nothing. */
export function hideGhosts(state: Negotiation, publicationIds: ReadonlySet<string>): Negotiation {
  return [...publicationIds].reduce((hidden, id) => {
    return editPublication(hidden, id, (publication) => (isGhost(publication) ? { ...publication, isHidden: true } : publication));
  }, state);
}
