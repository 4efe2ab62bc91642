import type { NodeDirectory } from '@causeway/sfu';

interface Life {
  readonly nodeNo: number;
  readonly epoch: number;
}

export interface LivingNodesOptions {
  readonly directory: Pick<NodeDirectory, 'find'>;
  /** Reads the table of nodes again. Never rejects. */
  readonly refresh: () => Promise<void>;
  readonly nowMs: () => number;
}

/** How long a life that was missing from the table is not looked up again. */
const REMEMBERED_DEAD_MS = 1_000;
const MAX_REMEMBERED = 10_000;

/** Tells which records in Redis count: those that were written by live nodes in their current life. */
export class LivingNodes {
  readonly #options: LivingNodesOptions;
  readonly #deadUntilMs = new Map<string, number>();

  constructor(options: LivingNodesOptions) {
    this.#options = options;
  }

  /** Whether the life is alive as of the last read. */
  isAlive({ nodeNo, epoch }: Life): boolean {
    return this.#options.directory.find(nodeNo)?.epoch === epoch;
  }

  /** Reads the table again if a life may have begun after the last read. @returns the lives that are alive */
  async chooseAlive<Some extends Life>(lives: readonly Some[]): Promise<readonly Some[]> {
    const unknown = lives.filter((life) => !this.isAlive(life) && this.#mayBeYoung(life));
    if (unknown.length > 0) {
      await this.#options.refresh();
      for (const life of unknown) if (!this.isAlive(life)) this.#rememberDead(life);
    }
    return lives.filter((life) => this.isAlive(life));
  }

  #mayBeYoung({ nodeNo, epoch }: Life): boolean {
    const known = this.#options.directory.find(nodeNo);
    if (known !== undefined && known.epoch > epoch) return false;
    return (this.#deadUntilMs.get(`${nodeNo}:${epoch}`) ?? 0) <= this.#options.nowMs();
  }

  #rememberDead({ nodeNo, epoch }: Life): void {
    if (this.#deadUntilMs.size >= MAX_REMEMBERED) this.#deadUntilMs.clear();
    this.#deadUntilMs.set(`${nodeNo}:${epoch}`, this.#options.nowMs() + REMEMBERED_DEAD_MS);
  }
}
