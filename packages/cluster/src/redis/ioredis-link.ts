import { SfuError } from '@causeway/protocol';
import type { CancelTimer } from '@causeway/sfu';
import type { Timers } from '../time/cluster-clock.ts';
import type { LuaScript, RedisCommand, RedisConnection, RedisLink, RedisReply } from './redis-link.ts';

export interface IoredisLinkOptions {
  readonly timers: Timers;
  readonly onAvailable?: () => void;
  /** Called once per outage. */
  readonly onUnavailable?: (error: unknown) => void;
}

/** Errors which mean that the server cannot work now, whatever the command is. */
const SERVER_TROUBLE = /^(READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|MISCONF|OOM|BUSY|UNBLOCKED)\b/;
/** Errors that concern only writes, while reads are still answered. */
const TAKES_NO_WRITES = /^(READONLY|NOREPLICAS|MISCONF|OOM)\b/;
/** The most calls in progress; more would be a queue that fills the memory. */
const MAX_OUTSTANDING = 10_000;
const RETRY_AFTER_MS = 1_000;
const REVIVAL_DELAY_MS = 200;
const PROBE_INTERVAL_MS = 1_000;

/** A link over an ioredis client. It owns the client. */
export class IoredisLink implements RedisLink {
  readonly #client: RedisConnection;
  readonly #timers: Timers;
  readonly #breaker: CircuitBreaker;
  readonly #readyListeners = new Set<() => void>();
  /** Why there is no connection. Calls fail with it, because the client's own error says only that there is none. */
  #connectionError: Error | undefined;
  #outstanding = 0;
  #failures = 0;
  #cancelProbe: CancelTimer | undefined;
  #isClosed = false;

  constructor(client: RedisConnection, { timers, onAvailable, onUnavailable }: IoredisLinkOptions) {
    this.#client = client;
    this.#timers = timers;
    this.#breaker = new CircuitBreaker({
      nowMs: () => timers.nowMs(),
      onOpen: (error) => {
        onUnavailable?.(error);
        this.#scheduleProbe(PROBE_INTERVAL_MS);
      },
      onClose: () => {
        this.#cancelProbe?.();
        onAvailable?.();
      },
    });
    client.on('ready', () => {
      this.#connectionError = undefined;
      if (this.#breaker.isOpen) this.#scheduleProbe(0);
      for (const listener of [...this.#readyListeners]) listener();
    });
    // ioredis 6.0.0 stops reconnecting if Sentinel announces a failover while it connects.
    client.on('end', () => {
      if (!this.#isClosed) timers.schedule(REVIVAL_DELAY_MS, () => this.#revive());
    });
    client.on('error', (error: Error) => {
      this.#connectionError = error;
    });
  }

  get failures(): number {
    return this.#failures;
  }

  get isGivenUp(): boolean {
    return this.#breaker.isOpen;
  }

  send(command: RedisCommand): Promise<RedisReply> {
    return this.#guard(() => this.#call(command));
  }

  sendAll(commands: readonly RedisCommand[]): Promise<readonly RedisReply[]> {
    return this.#guard(async () => {
      const pipeline = this.#client.pipeline();
      for (const [name, ...words] of commands) pipeline.call(name, ...words);
      const results = (await pipeline.exec()) ?? [];
      return results.map(([error, reply]) => {
        if (error !== null) throw error;
        return reply as RedisReply;
      });
    });
  }

  run({ sha1, source }: LuaScript, keys: readonly string[], words: readonly (string | number)[]): Promise<RedisReply> {
    return this.#guard(async () => {
      try {
        return await this.#call(['EVALSHA', sha1, keys.length, ...keys, ...words]);
      } catch (error) {
        // The server does not have the script yet, for example after a failover. EVAL also stores it.
        if (error instanceof Error && error.message.startsWith('NOSCRIPT'))
          return this.#call(['EVAL', source, keys.length, ...keys, ...words]);
        throw error;
      }
    });
  }

  subscribe(channel: string, onMessage: (message: string) => void): void {
    this.#client.on('message', (from: string, message: string) => {
      if (from === channel) onMessage(message);
    });
    const subscribe = (): void => void this.#client.subscribe(channel).catch(() => {});
    this.onReady(subscribe);
    if (this.#client.status === 'ready') subscribe();
  }

  onReady(listener: () => void): () => void {
    this.#readyListeners.add(listener);
    return () => this.#readyListeners.delete(listener);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelProbe?.();
    this.#client.disconnect();
  }

  #revive(): void {
    if (this.#isClosed || this.#client.status !== 'end') return;
    // If it fails, the client emits `end` again.
    this.#client.connect().catch(() => {});
  }

  /** Probes, while calls are stopped, whether the server answers again. */
  #scheduleProbe(delayMs: number): void {
    this.#cancelProbe?.();
    if (this.#isClosed) return;
    this.#cancelProbe = this.#timers.schedule(delayMs, () => {
      this.#call(['PING']).then(
        () => this.#breaker.noteSuccess(),
        () => this.#breaker.isOpen && this.#scheduleProbe(PROBE_INTERVAL_MS),
      );
    });
  }

  #call([name, ...words]: RedisCommand): Promise<RedisReply> {
    return this.#client.call(name, ...words) as Promise<RedisReply>;
  }

  async #guard<Reply>(call: () => Promise<Reply>): Promise<Reply> {
    if (this.#breaker.isOpen) throw unavailable(this.#breaker.lastError);
    if (this.#outstanding >= MAX_OUTSTANDING) throw unavailable(new Error(`${MAX_OUTSTANDING} calls are already waiting for an answer`));
    this.#outstanding++;
    try {
      const reply = await call();
      this.#breaker.noteSuccess();
      return reply;
    } catch (error) {
      if (isAnswer(error)) {
        this.#breaker.noteSuccess();
        throw error;
      }
      this.#failures++;
      const reason = this.#connectionError ?? error;
      if (!isRefusedWrite(error)) this.#breaker.noteFailure(reason);
      throw unavailable(reason);
    } finally {
      this.#outstanding--;
    }
  }
}

/** Whether Redis has rejected the command itself, which is a defect of this program. */
function isAnswer(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError' && !SERVER_TROUBLE.test(error.message);
}

function isRefusedWrite(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError' && TAKES_NO_WRITES.test(error.message);
}

function unavailable(cause: unknown): SfuError {
  return new SfuError('registry_unavailable', 'Redis does not answer now', { cause, retryAfterMs: RETRY_AFTER_MS });
}

export interface CircuitBreakerOptions {
  /** A monotonic clock, in milliseconds. */
  readonly nowMs: () => number;
  readonly onOpen: (error: unknown) => void;
  readonly onClose: () => void;
}

/** This many failures within the window stop all further attempts. */
const MAX_FAILURES = 5;
const FAILURE_WINDOW_MS = 10_000;

/**
 * Stops calls to a server that does not answer. It opens after five failures within ten seconds; its owner then probes
 * the server and closes it. Callers are not kept waiting, and a server that comes back is not flooded with requests.
 */
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions;
  /** When the last failures occurred, oldest first. */
  #failedAtMs: number[] = [];
  #isOpen = false;
  #lastError: unknown;

  constructor(options: CircuitBreakerOptions) {
    this.#options = options;
  }

  /** Whether calls must not be tried. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  get lastError(): unknown {
    return this.#lastError;
  }

  noteSuccess(): void {
    this.#failedAtMs = [];
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#options.onClose();
  }

  noteFailure(error: unknown): void {
    this.#lastError = error;
    if (this.#isOpen) return;
    const nowMs = this.#options.nowMs();
    this.#failedAtMs = [...this.#failedAtMs.filter((atMs) => nowMs - atMs < FAILURE_WINDOW_MS), nowMs];
    if (this.#failedAtMs.length < MAX_FAILURES) return;
    this.#isOpen = true;
    this.#options.onOpen(error);
  }
}
