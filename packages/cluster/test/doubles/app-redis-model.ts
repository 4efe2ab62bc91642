import { SfuError } from '@causeway/protocol';
import type { RedisCommand, RedisLink, RedisReply } from '../../src/redis/redis-link.ts';

/** What Redis does with the records of apps, in virtual time. `app-records.test.ts` holds it to what the real one does. */
export class AppRedisModel {
  isAway = false;
  /** Keys that were read, in order. */
  readonly read: string[] = [];
  /** Keys that were written, in order. */
  readonly written: string[] = [];
  readonly #texts = new Map<string, { readonly text: string; readonly untilMs: number }>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  textOf(key: string): string | null {
    const stored = this.#texts.get(key);
    return stored === undefined || stored.untilMs <= this.#nowMs() ? null : stored.text;
  }

  /** Writes as an attacker with access to Redis would, without a node. */
  put(key: string, text: string | null): void {
    if (text === null) this.#texts.delete(key);
    else this.#texts.set(key, { text, untilMs: Number.POSITIVE_INFINITY });
  }

  get link(): RedisLink {
    return {
      send: async (command) => this.#send(command),
      sendAll: async (commands) => commands.map((command) => this.#send(command)),
      run: async ({ name }, [key], words) => this.#run(name, String(key), words),
      subscribe: () => {},
      onReady: () => () => {},
      failures: 0,
      isGivenUp: false,
      close: () => {},
    };
  }

  #send([name, key]: RedisCommand): RedisReply {
    this.#refuseWhileAway();
    if (name !== 'GET') throw new Error(`the model knows no ${name}`);
    this.read.push(String(key));
    return this.textOf(String(key));
  }

  #run(name: string, key: string, [former, text, keepMs]: readonly (string | number)[]): RedisReply {
    this.#refuseWhileAway();
    if (name !== 'app-replace') throw new Error(`the model knows no script ${name}`);
    const stored = this.textOf(key);
    if (stored !== null && stored !== former) return 0;
    this.written.push(key);
    this.#texts.set(key, { text: String(text), untilMs: this.#nowMs() + Number(keepMs) });
    return 1;
  }

  #refuseWhileAway(): void {
    if (this.isAway) throw new SfuError('registry_unavailable', 'Redis is away');
  }
}
