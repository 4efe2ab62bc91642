import type { ModelRedis } from './model-redis.ts';
import { type ModelReply, ModelReplyError } from './stored-value.ts';

export interface ModelRedisClientOptions {
  /** How long commands and the socket wait for an answer. Default: as long as those of a node. */
  readonly patienceMs?: number;
  readonly clock: { nowMs(): number; schedule(delayMs: number, callback: () => void): () => void };
  /** Uniform in [0, 1); spreads reconnections. */
  readonly random: () => number;
  /** Returns the present state of the path to the server. */
  readonly way: () => ModelRedisWay;
}

/** With `refused`, the port is closed. With `silent`, the server or the network drops everything. */
export type ModelRedisWay = { readonly state: 'open'; readonly oneWayMs: number } | { readonly state: 'refused' | 'silent' };

type Word = string | number | Uint8Array;
type Listener = (...news: never[]) => void;

/** The same time-outs and delays as in `connect-redis.ts` of `cluster`. */
const COMMAND_TIMEOUT_MS = 800;
const SOCKET_TIMEOUT_MS = 2_000;
const CONNECT_TIMEOUT_MS = 2_000;
const MIN_RETRY_MS = 100;
const MAX_RETRY_MS = 1_000;
const RETRY_JITTER = 0.5;

/** A pending command. */
interface Call {
  readonly words: readonly string[];
  readonly settle: (outcome: ModelReply | Error) => void;
  /** Cancel functions of its timers. */
  readonly cancelTimers: (() => void)[];
}

/**
 * A client of a `ModelRedis` with the interface of ioredis. Commands take the delay of the path. Connections break when the server stops or
 * is silent, and are then reopened.
 */
export class ModelRedisClient {
  status: 'connecting' | 'ready' | 'reconnecting' | 'end' = 'connecting';
  readonly #server: ModelRedis;
  readonly #options: ModelRedisClientOptions;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #channels = new Set<string>();
  readonly #waiting = new Set<Call>();
  #detach: (() => void) | undefined;
  /** The number of the connection; commands of earlier ones have failed. */
  #connection = 0;
  #failedAttempts = 0;
  #heardAtMs = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(server: ModelRedis, options: ModelRedisClientOptions) {
    this.#server = server;
    this.#options = options;
    this.#connect();
  }

  on(event: string, listener: Listener): this {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
    return this;
  }

  call(name: string, ...words: readonly Word[]): Promise<ModelReply> {
    return new Promise((resolve, reject) => {
      this.#send({
        words: [name, ...words.map(String)],
        settle: (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)),
        cancelTimers: [],
      });
    });
  }

  /** The commands of one turn, which arrive together. */
  pipeline(): { call(name: string, ...words: readonly Word[]): unknown; exec(): Promise<[Error | null, ModelReply][]> } {
    const calls: [string, readonly Word[]][] = [];
    const outcomeOf = async ([name, words]: [string, readonly Word[]]): Promise<[Error | null, ModelReply]> => {
      try {
        return [null, await this.call(name, ...words)];
      } catch (error) {
        if (error instanceof ModelReplyError) return [error, null];
        throw error;
      }
    };
    return {
      call: (name, ...words) => calls.push([name, words]),
      exec: () => Promise.all(calls.map(outcomeOf)),
    };
  }

  async subscribe(channel: string): Promise<unknown> {
    this.#channels.add(channel);
    return undefined;
  }

  async connect(): Promise<void> {
    if (this.status === 'end') this.#connect();
  }

  disconnect(): void {
    this.#cancelTimer?.();
    this.#drop('end');
  }

  #connect(): void {
    this.status = 'connecting';
    const { clock, way } = this.#options;
    const found = way();
    if (found.state === 'open') this.#cancelTimer = clock.schedule(4 * found.oneWayMs, () => this.#finishConnecting());
    else this.#cancelTimer = clock.schedule(found.state === 'silent' ? CONNECT_TIMEOUT_MS : 1, () => this.#failToConnect());
  }

  #finishConnecting(): void {
    if (this.#options.way().state !== 'open') {
      this.#failToConnect();
      return;
    }
    this.status = 'ready';
    this.#failedAttempts = 0;
    this.#channels.clear();
    this.#heardAtMs = this.#options.clock.nowMs();
    this.#detach = this.#server.attach({
      channels: this.#channels,
      onMessage: (channel, message) => this.#hear(channel, message),
      onClosed: () => this.#loseConnection('the server closed the connection'),
    });
    this.#emit('ready');
  }

  #failToConnect(): void {
    this.#emit('error', new Error('connect ECONNREFUSED'));
    this.#retry();
  }

  #retry(): void {
    const { clock, random } = this.#options;
    this.status = 'reconnecting';
    const delayMs = Math.min(MAX_RETRY_MS, MIN_RETRY_MS * 2 ** Math.min(++this.#failedAttempts, 10)) * (1 - RETRY_JITTER * random());
    this.#cancelTimer = clock.schedule(delayMs, () => this.#connect());
  }

  #loseConnection(why: string): void {
    this.#drop('reconnecting');
    this.#emit('error', new Error(why));
    this.#retry();
  }

  #drop(status: 'reconnecting' | 'end'): void {
    this.status = status;
    this.#connection++;
    this.#detach?.();
    for (const call of [...this.#waiting]) this.#settle(call, new Error('Connection is closed.'));
  }

  #send(call: Call): void {
    const { clock, way } = this.#options;
    if (this.status !== 'ready') {
      call.settle(new Error("Stream isn't writeable and enableOfflineQueue options is false"));
      return;
    }
    this.#waiting.add(call);
    const sentAtMs = clock.nowMs();
    const connection = this.#connection;
    call.cancelTimers.push(
      clock.schedule(this.#options.patienceMs ?? COMMAND_TIMEOUT_MS, () => this.#settle(call, new Error('Command timed out'))),
      clock.schedule(this.#options.patienceMs ?? SOCKET_TIMEOUT_MS, () => {
        if (connection === this.#connection && this.#heardAtMs < sentAtMs)
          this.#loseConnection('Socket timeout. Expecting data, but did not receive any');
      }),
    );
    const found = way();
    if (found.state === 'open') clock.schedule(found.oneWayMs, () => this.#arrive(call, connection));
  }

  /** Runs the command at the server, even if the caller no longer waits for the reply. */
  #arrive(call: Call, connection: number): void {
    const found = this.#options.way();
    if (found.state !== 'open' || connection !== this.#connection) return;
    const outcome = this.#carryOut(call.words);
    this.#options.clock.schedule(this.#server.queue() + found.oneWayMs, () => {
      if (this.#options.way().state !== 'open' || connection !== this.#connection) return;
      this.#heardAtMs = this.#options.clock.nowMs();
      for (const cancel of call.cancelTimers) cancel();
      this.#settle(call, outcome);
    });
  }

  #carryOut(words: readonly string[]): ModelReply | Error {
    try {
      return this.#server.carryOut(words);
    } catch (error) {
      if (error instanceof ModelReplyError) return error;
      throw error;
    }
  }

  #settle(call: Call, outcome: ModelReply | Error): void {
    if (this.#waiting.delete(call)) call.settle(outcome);
  }

  #hear(channel: string, message: string): void {
    const found = this.#options.way();
    if (found.state !== 'open') return;
    const connection = this.#connection;
    this.#options.clock.schedule(found.oneWayMs, () => {
      if (connection === this.#connection) this.#emit('message', channel, message);
    });
  }

  #emit(event: string, ...news: readonly unknown[]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) (listener as (...given: readonly unknown[]) => void)(...news);
  }
}
