import type { CancelTimer } from '@causeway/sfu';
import type { LivingNodes } from '../nodes/living-nodes.ts';
import { lifeName } from '../redis/keys.ts';
import type { Timers } from '../time/cluster-clock.ts';
import type { Life, RegistryScripts } from './registry-scripts.ts';

export interface SweeperOptions {
  readonly self: Life;
  readonly scripts: RegistryScripts;
  readonly living: LivingNodes;
  readonly timers: Timers;
  readonly onSwept: (life: Life, sessions: number) => void;
}

const INTERVAL_MS = 5_000;
/** There is no hurry, because the records of a dead node are not listed any more, and the node may come back. */
const DEAD_FOR_MS = 15_000;
const CHUNK_SIZE = 100;
/** A sweeping node that takes longer than this is replaced, because it may have died too. */
const BROOM_MS = 10_000;

/** Removes the records that dead nodes have left in Redis. Every node looks for them, and one of them removes them. */
export class Sweeper {
  readonly #options: SweeperOptions;
  /** When this node first saw that a life is dead, by life. */
  readonly #deadSinceMs = new Map<string, number>();
  #cancelTimer: CancelTimer | undefined;
  #running: Promise<void> | undefined;
  #hasStopped = false;

  constructor(options: SweeperOptions) {
    this.#options = options;
  }

  start(): void {
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#hasStopped = true;
    this.#cancelTimer?.();
    await this.#running;
  }

  /** Called when records of a dead life were found that may not be listed under that life. */
  noteRemains(life: Life, appId: string): void {
    if (this.#hasStopped || !this.#isDeadLongEnough(life)) return;
    this.#deadSinceMs.delete(lifeName(life));
    this.#options.scripts.plain.registerApp(life, appId).then(
      () => this.#sweep(life).catch(() => {}),
      () => {},
    );
  }

  #schedule(): void {
    if (this.#hasStopped) return;
    this.#cancelTimer = this.#options.timers.schedule(INTERVAL_MS, () => {
      this.#running = this.#lookForRemains()
        // If Redis is unavailable, this or another node tries again later.
        .catch(() => {})
        .finally(() => this.#schedule());
    });
  }

  async #lookForRemains(): Promise<void> {
    const lives = await this.#options.scripts.plain.lives();
    for (const life of lives) {
      if (this.#isDeadLongEnough(life)) await this.#sweep(life);
      if (this.#hasStopped) return;
    }
  }

  #isDeadLongEnough(life: Life): boolean {
    const name = lifeName(life);
    if (!this.#isDead(life)) {
      this.#deadSinceMs.delete(name);
      return false;
    }
    const nowMs = this.#options.timers.nowMs();
    const sinceMs = this.#deadSinceMs.get(name) ?? nowMs;
    this.#deadSinceMs.set(name, sinceMs);
    return nowMs - sinceMs >= DEAD_FOR_MS;
  }

  #isDead(life: Life): boolean {
    const { self, living } = this.#options;
    return lifeName(life) !== lifeName(self) && !living.isAlive(life);
  }

  async #sweep(life: Life): Promise<void> {
    const { self, scripts, onSwept } = this.#options;
    // A record that cannot be read, because it is of a newer version or signed with another key, does not prove that
    // the node is dead.
    if (await scripts.isLeased(life)) return;
    if (!(await scripts.plain.takeBroom(life, self.nodeNo, BROOM_MS))) return;
    let swept = 0;
    for (const appId of await scripts.plain.appsOf(life)) {
      swept += await this.#sweepApp(life, appId);
      // The rest must remain registered, so that another node can find it, or this one when the life has died again.
      if (this.#hasStopped || !this.#isDead(life)) return;
      await scripts.plain.unregisterApp(life, appId);
    }
    await scripts.forget(life);
    this.#deadSinceMs.delete(lifeName(life));
    onSwept(life, swept);
  }

  /** Removes the sessions in small steps, checking before each whether the life is still dead. */
  async #sweepApp(life: Life, appId: string): Promise<number> {
    const { scripts } = this.#options;
    let swept = 0;
    while (this.#isDead(life) && !this.#hasStopped) {
      const sessionIds = await scripts.plain.someOwnedBy(life, appId, CHUNK_SIZE);
      // The script also runs without sessions, because it deletes the revision of the life's last write.
      swept += await scripts.sweep(life, appId, sessionIds);
      if (sessionIds.length === 0) break;
    }
    return swept;
  }
}
