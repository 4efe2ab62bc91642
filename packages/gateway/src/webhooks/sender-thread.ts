import { Worker } from 'node:worker_threads';
import type { DeliveryReply, DeliveryRequest, DeliverySender } from './delivery-sender.ts';

/** The `workerData` of the sender's thread. */
export interface SenderThreadStart {
  /** Addresses and ranges that webhooks may be sent to in addition to public ones. */
  readonly allowed: readonly string[];
}

/** A request to the thread. */
export interface NumberedRequest {
  readonly no: number;
  readonly request: DeliveryRequest;
}

/** A reply from the thread. */
export interface NumberedReply {
  readonly no: number;
  readonly reply: DeliveryReply;
}

const SOURCE_CONDITION = '--conditions=causeway-source';
const INTERRUPTED: DeliveryReply = { type: 'none', error: 'interrupted', durationMs: 0 };

/**
 * Sends webhooks from a separate thread, so that TLS takes no time from packets. The thread starts with the first request, and again with
 * the next request after it has ended.
 */
export class SenderThread implements DeliverySender {
  readonly #start: SenderThreadStart;
  readonly #onDefect: (error: unknown) => void;
  readonly #waiting = new Map<number, (reply: DeliveryReply) => void>();
  #worker: Worker | undefined;
  #lastNo = 0;
  #isClosed = false;

  constructor(start: SenderThreadStart, onDefect: (error: unknown) => void) {
    this.#start = start;
    this.#onDefect = onDefect;
  }

  async send(request: DeliveryRequest): Promise<DeliveryReply> {
    if (this.#isClosed) return INTERRUPTED;
    this.#worker ??= this.#open();
    const no = ++this.#lastNo;
    return new Promise((resolve) => {
      this.#waiting.set(no, resolve);
      this.#worker?.postMessage({ no, request } satisfies NumberedRequest);
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#worker?.terminate();
  }

  #open(): Worker {
    const isSource = import.meta.url.endsWith('.ts');
    const file = new URL(isSource ? './sender-main.ts' : './sender-main.js', import.meta.url);
    const needsCondition = isSource && !process.execArgv.includes(SOURCE_CONDITION);
    const worker = new Worker(file, { name: 'webhooks', workerData: this.#start, ...(needsCondition && { execArgv: [SOURCE_CONDITION] }) });
    worker.unref();
    worker.on('message', ({ no, reply }: NumberedReply) => {
      this.#waiting.get(no)?.(reply);
      this.#waiting.delete(no);
    });
    worker.on('error', this.#onDefect);
    worker.on('exit', () => {
      this.#worker = undefined;
      for (const [no, resolve] of [...this.#waiting]) {
        this.#waiting.delete(no);
        resolve(this.#isClosed ? INTERRUPTED : { type: 'none', error: 'connection_failed', durationMs: 0 });
      }
    });
    return worker;
  }
}
