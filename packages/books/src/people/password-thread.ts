import { Worker } from 'node:worker_threads';

/** The arguments of Node's `argon2`. */
export interface Argon2Parameters {
  readonly message: Uint8Array;
  readonly nonce: Uint8Array;
  /** The memory in KiB. */
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
  /** The length of the result in bytes. */
  readonly tagLength: number;
}

/** A computation for the thread. */
export interface NumberedDerivation {
  readonly no: number;
  readonly parameters: Argon2Parameters;
}

/** A result from the thread: a tag, or why there is none. */
export interface NumberedReply {
  readonly no: number;
  readonly tag?: Uint8Array;
  readonly error?: unknown;
}

interface Waiting {
  readonly resolve: (tag: Uint8Array) => void;
  readonly reject: (error: unknown) => void;
}

const SOURCE_CONDITION = '--conditions=causeway-source';
/** People sign in rarely, and a thread takes several megabytes. */
const IDLE_MS = 30_000;

/**
 * Derives keys from passwords in a thread that yields to all others (Linux only), so that people who sign in take no time from media even if
 * all cores are busy. The thread starts with the first password, and ends when none has come for half a minute.
 */
export class PasswordThread {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #lastNo = 0;

  /** The number of computations that are not done. */
  get size(): number {
    return this.#waiting.size;
  }

  /** @throws Error – these parameters cannot be used, or the thread has ended before it was done */
  derive(parameters: Argon2Parameters): Promise<Uint8Array> {
    clearTimeout(this.#idle);
    this.#worker ??= this.#open();
    this.#worker.ref();
    const no = ++this.#lastNo;
    this.#worker.postMessage({ no, parameters } satisfies NumberedDerivation);
    return new Promise((resolve, reject) => this.#waiting.set(no, { resolve, reject }));
  }

  #open(): Worker {
    const isSource = import.meta.url.endsWith('.ts');
    const file = new URL(isSource ? './password-main.ts' : './password-main.js', import.meta.url);
    const needsCondition = isSource && !process.execArgv.includes(SOURCE_CONDITION);
    const worker = new Worker(file, { name: 'passwords', ...(needsCondition && { execArgv: [SOURCE_CONDITION] }) });
    worker.on('message', ({ no, tag, error }: NumberedReply) => {
      const waiting = this.#waiting.get(no);
      this.#waiting.delete(no);
      if (tag === undefined) waiting?.reject(error);
      else waiting?.resolve(tag);
      if (this.#waiting.size === 0) this.#endWhenIdle(worker);
    });
    let failure = new Error('the thread that hashes passwords has ended');
    worker.on('error', (error: Error) => {
      failure = error;
    });
    worker.on('exit', () => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      const interrupted = [...this.#waiting.values()];
      this.#waiting.clear();
      for (const { reject } of interrupted) reject(failure);
    });
    return worker;
  }

  #endWhenIdle(worker: Worker): void {
    worker.unref();
    this.#idle = setTimeout(() => {
      this.#worker = undefined;
      void worker.terminate();
    }, IDLE_MS).unref();
  }
}
