import type { CancelTimer } from '@causeway/sfu';
import type { Timers } from '../time/cluster-clock.ts';
import type { AppHistory } from './app-history.ts';
import type { OwnRecords } from './own-records.ts';
import type { Life, RegistryScripts } from './registry-scripts.ts';
import type { SessionWriter } from './session-writer.ts';
import { WritePace } from './write-pace.ts';

export interface RestorerOptions {
  readonly life: Life;
  readonly scripts: RegistryScripts;
  readonly own: OwnRecords;
  readonly writer: SessionWriter;
  /**
   * Keyed by app, with the apps that this life has written about. An app without sessions is dropped once a failover can no longer lose its
   * writes.
   */
  readonly histories: Map<string, AppHistory>;
  readonly timers: Timers;
  readonly onRestored: (appId: string, sessions: number) => void;
}

const INTERVAL_MS = 2_000;
const APPS_AT_ONCE = 32;
/** The number of writes about one app after which it is checked whether Redis still confirms them. */
const WRITES_BETWEEN_LOOKS = 64;
/** The number of turns for which an app without sessions is still compared: a failover loses seconds of writes, not minutes. */
const TURNS_WITHOUT_SESSIONS = 60;

/**
 * Compares the records with Redis every two seconds, and writes again what Redis has lost or may have missed. Redis can
 * therefore be emptied, rolled back or unavailable without losing sessions.
 */
export class Restorer {
  readonly #options: RestorerOptions;
  /** Sessions whose last write was not confirmed, by app. */
  readonly #unconfirmed = new Map<string, Set<string>>();
  /** Sessions that are being written again, by app. Until that has ended, their records may be out of date. */
  readonly #beingWritten = new Map<string, ReadonlySet<string>>();
  /** How many turns ago this node last had a session of each app. */
  readonly #turnsWithout = new Map<string, number>();
  readonly #pace: WritePace;
  #cancelTimer: CancelTimer | undefined;
  #running: Promise<void> | undefined;
  #hasStopped = false;

  constructor(options: RestorerOptions) {
    this.#options = options;
    this.#pace = new WritePace(options.timers);
  }

  /** The number of sessions whose records in Redis are out of date, or may be. */
  get outstanding(): number {
    const { own, histories } = this.#options;
    const lost = [...histories].filter(([, { isBehind }]) => isBehind).map(([appId]) => own.sessionIds(appId).length);
    const apps = new Set([...this.#unconfirmed.keys(), ...this.#beingWritten.keys()]);
    const missed = [...apps].filter((appId) => !histories.get(appId)?.isBehind).map((appId) => this.#missed(appId).size);
    return [...lost, ...missed].reduce((sum, count) => sum + count, 0);
  }

  start(): void {
    this.#schedule(INTERVAL_MS);
  }

  noteUnconfirmed(appId: string, sessionId: string): void {
    const sessions = this.#unconfirmed.get(appId) ?? new Set();
    this.#unconfirmed.set(appId, sessions.add(sessionId));
  }

  /** Compares at once, because Redis or this node's records in it may have changed. */
  hurry(): void {
    if (this.#running === undefined && !this.#hasStopped) this.#schedule(0);
  }

  /** @returns a promise that resolves when the comparison in progress has ended */
  async stop(): Promise<void> {
    this.#hasStopped = true;
    this.#cancelTimer?.();
    await this.#running;
  }

  #schedule(delayMs: number): void {
    if (this.#hasStopped) return;
    this.#cancelTimer?.();
    this.#cancelTimer = this.#options.timers.schedule(delayMs, () => {
      this.#running = this.#compareAll().finally(() => {
        this.#running = undefined;
        this.#schedule(INTERVAL_MS);
      });
    });
  }

  /** Compares many apps concurrently, because the round trip to Redis may be long. */
  async #compareAll(): Promise<void> {
    const apps = [...this.#options.histories];
    const compareSome = async (): Promise<void> => {
      for (let app = apps.pop(); app !== undefined && !this.#hasStopped; app = apps.pop()) {
        // If Redis is unavailable, the next turn tries again.
        await this.#compare(...app).catch(() => {});
      }
    };
    await Promise.all(Array.from({ length: APPS_AT_ONCE }, compareSome));
  }

  async #compare(appId: string, history: AppHistory): Promise<void> {
    const { life, scripts } = this.#options;
    const { confirmed } = history;
    history.compare(await this.#pace.time(() => scripts.plain.revisionOf(life, appId)), confirmed);
    if (history.isBehind) await this.#restore(appId, history);
    else await this.#writeAgain(appId, [...(this.#unconfirmed.get(appId) ?? [])]);
    this.#dropWhenIdle(appId);
  }

  #dropWhenIdle(appId: string): void {
    const { own, histories } = this.#options;
    const turns = own.sessionIds(appId).length > 0 || this.#unconfirmed.has(appId) ? 0 : (this.#turnsWithout.get(appId) ?? 0) + 1;
    this.#turnsWithout.set(appId, turns);
    if (turns < TURNS_WITHOUT_SESSIONS) return;
    this.#turnsWithout.delete(appId);
    histories.delete(appId);
  }

  async #restore(appId: string, history: AppHistory): Promise<void> {
    const { life, scripts, own, onRestored } = this.#options;
    try {
      await scripts.plain.registerApp(life, appId);
      const revision = history.next();
      history.startAnew();
      await scripts.plain.setRevision(life, appId, revision);
      history.confirm(revision);
      // A removal may be among the lost writes.
      const ghosts = (await scripts.plain.sessionsOwnedBy(life, appId)).filter((id) => own.find(appId, id) === undefined);
      await this.#writeAgain(appId, [...own.sessionIds(appId), ...ghosts]);
      if (!this.#unconfirmed.has(appId)) onRestored(appId, own.sessionIds(appId).length);
    } catch (error) {
      history.noteLoss();
      throw error;
    }
  }

  async #writeAgain(appId: string, sessionIds: readonly string[]): Promise<void> {
    this.#beingWritten.set(appId, new Set(sessionIds));
    try {
      await this.#writeInPieces(appId, sessionIds);
    } finally {
      this.#beingWritten.delete(appId);
    }
  }

  async #writeInPieces(appId: string, sessionIds: readonly string[]): Promise<void> {
    for (let start = 0; start < sessionIds.length; start += WRITES_BETWEEN_LOOKS) {
      const some = sessionIds.slice(start, start + WRITES_BETWEEN_LOOKS);
      for (const id of some) this.#forgive(appId, id);
      await Promise.all(some.map((id) => this.#pace.run(() => this.#options.writer.write(appId, id, { type: 'whole' }))));
      // They are unconfirmed again, so Redis is unavailable.
      if (some.some((id) => this.#unconfirmed.get(appId)?.has(id))) throw new Error('Redis does not confirm the writes');
    }
  }

  #missed(appId: string): ReadonlySet<string> {
    return new Set([...(this.#unconfirmed.get(appId) ?? []), ...(this.#beingWritten.get(appId) ?? [])]);
  }

  #forgive(appId: string, sessionId: string): void {
    const sessions = this.#unconfirmed.get(appId);
    sessions?.delete(sessionId);
    if (sessions?.size === 0) this.#unconfirmed.delete(appId);
  }
}
