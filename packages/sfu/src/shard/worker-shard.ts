/** A shard in a worker thread. Commands and events are sent as messages, in order, and are not examined here. */
import { types } from 'node:util';
import { type MessagePort, Worker } from 'node:worker_threads';
import type { CertificateFingerprint, EngineCommand, EngineEvent, EngineEventListener } from '@causeway/media';
import { freeContexts, type LocalCertificate } from '@causeway/secure';
import type { LoadSample } from '../overload/load-source.ts';
import type { ShardAnswers, ShardQuestion } from '../shard.ts';
import type { LinkMemory, NeighbourChannel } from './neighbour.ts';
import type { PoolMember } from './shard-set.ts';

/** How long a thread may take to send what is due, and to end. */
const CLOSE_GRACE_MS = 2_000;
const SOURCE_CONDITION = '--conditions=causeway-source';

interface WaitingQuestion {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

export class WorkerShard implements PoolMember {
  readonly fingerprint: CertificateFingerprint;
  readonly port: number;
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  readonly #waiting = new Map<number, WaitingQuestion>();
  #state: 'running' | 'closing' | 'gone' = 'running';
  #nextQuestion = 1;
  #listener: EngineEventListener | undefined;
  #onLost: ((error: Error) => void) | undefined;
  #lastError: Error | undefined;
  #load: LoadSample | undefined;
  #beats = 0;

  /** @throws the error with which the thread ended before it was ready: the system's, if the port cannot be opened */
  static async start(start: WorkerStart): Promise<WorkerShard> {
    const worker = startThread(start);
    const shard = new WorkerShard(worker, start);
    await shard.#untilReady();
    return shard;
  }

  private constructor(worker: Worker, { certificate, port, contexts }: WorkerStart) {
    this.fingerprint = certificate.fingerprint;
    this.port = port;
    this.#worker = worker;
    worker.on('message', (message: FromWorker) => this.#handleMessage(message));
    worker.on('error', (error) => {
      // `instanceof` recognises only errors of its own realm, and a thread has another one.
      this.#lastError = types.isNativeError(error) ? error : new Error(String(error));
    });
    this.#exited = new Promise((resolve) => {
      worker.once('exit', (code) => {
        freeContexts(contexts);
        this.#handleExit(code);
        resolve();
      });
    });
  }

  get load(): LoadSample | undefined {
    return this.#load;
  }

  get beats(): number {
    return this.#beats;
  }

  setListener(listener: EngineEventListener): void {
    this.#listener = listener;
  }

  setLossListener(onLost: (error: Error) => void): void {
    this.#onLost = onLost;
  }

  send(command: EngineCommand): void {
    this.#tell({ type: 'command', command });
  }

  /** @throws Error – the thread is gone */
  ask<Question extends ShardQuestion>(question: Question, transportId?: string): Promise<ShardAnswers[Question]> {
    return this.#ask(question, transportId);
  }

  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.#ask('settled').then(resolve, () => undefined);
    });
  }

  meet(channel: NeighbourChannel): void {
    this.#tell({ type: 'meet', channel }, [channel.port]);
  }

  part(neighbourNo: number): void {
    this.#tell({ type: 'part', neighbourNo });
  }

  openLink(neighbourNo: number, transportId: string, memory: LinkMemory): void {
    this.#tell({ type: 'open-link', neighbourNo, transportId, memory });
  }

  terminate(): void {
    void this.#worker.terminate();
  }

  async close(): Promise<void> {
    if (this.#state === 'running') this.#tell({ type: 'close' });
    if (this.#state !== 'gone') this.#state = 'closing';
    const deadline = setTimeout(() => this.terminate(), CLOSE_GRACE_MS);
    await this.#exited;
    clearTimeout(deadline);
  }

  #untilReady(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#worker.once('message', () => resolve());
      this.#onLost = reject;
    });
  }

  #tell(message: ToWorker, transferred: readonly MessagePort[] = []): void {
    if (this.#state === 'running') this.#worker.postMessage(message, transferred);
  }

  #ask<Question extends WorkerQuestion>(question: Question, transportId?: string): Promise<WorkerAnswers[Question]> {
    const id = this.#nextQuestion++;
    return new Promise((resolve, reject) => {
      if (this.#state !== 'running') return reject(this.#goneError());
      this.#waiting.set(id, { resolve: resolve as WaitingQuestion['resolve'], reject });
      this.#tell({ type: 'ask', id, question, transportId });
    });
  }

  #handleMessage(message: FromWorker): void {
    if (message.type === 'event') {
      if (this.#state === 'running') this.#listener?.(message.event);
    } else if (message.type === 'beat') this.#beats++;
    else if (message.type === 'load') this.#load = message.load;
    else if (message.type === 'answer') {
      this.#waiting.get(message.id)?.resolve(message.answer);
      this.#waiting.delete(message.id);
    }
  }

  #handleExit(code: number): void {
    const wasClosing = this.#state === 'closing';
    this.#state = 'gone';
    for (const { reject } of this.#waiting.values()) reject(this.#goneError());
    this.#waiting.clear();
    if (!wasClosing) this.#onLost?.(this.#lastError ?? new Error(`the thread ended with exit code ${code}`));
  }

  #goneError(): Error {
    return new Error('the thread of this shard is gone', { cause: this.#lastError });
  }
}

/** Starts the thread in the same form in which this file runs: from the sources, or built. */
function startThread(start: WorkerStart): Worker {
  const isSource = import.meta.url.endsWith('.ts');
  const file = new URL(isSource ? './worker-main.ts' : './worker-main.js', import.meta.url);
  // A thread inherits the arguments of its process. Those of a test runner contain no condition, because only the
  // runner reads sources.
  const needsCondition = isSource && !process.execArgv.includes(SOURCE_CONDITION);
  return new Worker(file, { name: `shard ${start.shardNo}`, workerData: start, ...(needsCondition && { execArgv: [SOURCE_CONDITION] }) });
}

// Messages between the main thread and the thread of a shard are plain data, and arrive in order.

/** The questions that a shard's thread answers. */
export interface WorkerAnswers extends ShardAnswers {
  /** Has no value: the answer means that everything sent before has been done. */
  readonly settled: undefined;
}

export type WorkerQuestion = keyof WorkerAnswers;

/** The data with which a shard's thread is started. */
export interface WorkerStart {
  readonly shardNo: number;
  /** Literal addresses, and a port that only the shards of this process use. */
  readonly addresses: readonly string[];
  readonly port: number;
  readonly connectPaths: boolean;
  readonly maxConnectedSockets: number;
  /** The node's certificate, the same for all its shards. */
  readonly certificate: LocalCertificate;
  readonly maxMemoryBytes: number;
  /** Where the thread notes its contexts of OpenSSL, which are freed when it has ended. See `createContextTable`. */
  readonly contexts: SharedArrayBuffer;
}

export type ToWorker =
  | { readonly type: 'command'; readonly command: EngineCommand }
  | { readonly type: 'ask'; readonly id: number; readonly question: WorkerQuestion; readonly transportId: string | undefined }
  | { readonly type: 'meet'; readonly channel: NeighbourChannel }
  | { readonly type: 'part'; readonly neighbourNo: number }
  | { readonly type: 'open-link'; readonly neighbourNo: number; readonly transportId: string; readonly memory: LinkMemory }
  | { readonly type: 'close' };

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'event'; readonly event: EngineEvent }
  | { readonly type: 'answer'; readonly id: number; readonly answer: WorkerAnswers[WorkerQuestion] }
  /** The thread's event loop runs. */
  | { readonly type: 'beat' }
  | { readonly type: 'load'; readonly load: LoadSample };
