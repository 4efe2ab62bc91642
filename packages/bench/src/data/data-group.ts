/**
 * The data clients of one process. One sends numbered messages that contain the time, or several receive them and check that none is
 * missing. Each receiver regularly tells the sender how far it is. The sender thereby keeps a bounded number of bytes in flight to the
 * slowest one, like an application that must not overrun a receiver.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type LoadContext, monotonicMs } from '@causeway/loadtest';
import { DataClient, type DataClientListener } from './data-client.ts';
import type { PathConditions } from './lossy-path.ts';

const LABEL = 'bench';
const HEADER_BYTES = 16;
/** Half of what the SFU lets wait for a subscriber. */
const MAX_UNDERWAY_BYTES = 512 << 10;
const REPLY_EVERY_BYTES = 64 << 10;
const PACE_MS = 5;
const ARRIVED_WITHIN_MS = 20_000;
const SUBSCRIBE_TRIES = 50;
const SUBSCRIBE_RETRY_MS = 50;
/** Further delays would add no information. */
const MAX_DELAYS = 50_000;

export interface DataTotals {
  readonly messages: number;
  readonly bytes: number;
  readonly delaysMs: readonly number[];
}

export interface SendingPlan {
  readonly sizeBytes: number;
  readonly messagesPerSecond: number | 'as many as arrive';
  /** The number of clients that receive each message. */
  readonly subscribers: number;
}

export class DataGroup {
  readonly #context: LoadContext;
  readonly #clients: DataClient[] = [];
  #sending: Sending | undefined;
  #streamId: number | undefined;
  #messages = 0;
  #bytes = 0;
  #delaysMs: number[] = [];

  constructor(context: LoadContext) {
    this.#context = context;
  }

  async publish(): Promise<string> {
    const opened = Promise.withResolvers<number>();
    const client = await DataClient.join(this.#context, {
      onOpened: (_client, { streamId }) => opened.resolve(streamId),
      onMessage: (_client, _streamId, data) => this.#sending?.noteArrived(readDouble(data, 0), readDouble(data, 8)),
    });
    this.#clients.push(client);
    client.open(LABEL);
    this.#streamId = await opened.promise;
    return client.session.sessionId;
  }

  async join(remoteSessionId: string, count: number, conditions?: PathConditions): Promise<void> {
    for (let joined = 0; joined < count; joined++) await this.#joinOne(remoteSessionId, joined, conditions);
  }

  start(plan: SendingPlan): void {
    const [client] = this.#clients;
    if (client === undefined || this.#streamId === undefined) throw new Error('Nobody publishes yet');
    this.#sending = new Sending(client, this.#streamId, plan);
  }

  /** Resolves when everything sent has arrived, so that the next run does not overlap. */
  async pause(): Promise<void> {
    this.#sending?.stop();
    for (const deadlineMs = performance.now() + ARRIVED_WITHIN_MS; this.#sending?.isUnderway === true && performance.now() < deadlineMs; ) {
      await sleep(SUBSCRIBE_RETRY_MS);
    }
    this.#sending = undefined;
  }

  takeTotals(): DataTotals {
    const totals = { messages: this.#messages, bytes: this.#bytes, delaysMs: this.#delaysMs };
    this.#messages = 0;
    this.#bytes = 0;
    this.#delaysMs = [];
    return totals;
  }

  async leave(): Promise<void> {
    this.#sending?.stop();
    this.#sending = undefined;
    await Promise.all(this.#clients.splice(0).map((client) => client.leave()));
  }

  async #joinOne(remoteSessionId: string, place: number, conditions: PathConditions | undefined): Promise<void> {
    const opened = Promise.withResolvers<void>();
    const reception = { nextNumber: 0, bytes: 0, repliedBytes: 0 };
    const listener: DataClientListener = {
      onOpened: () => opened.resolve(),
      onMessage: (receiver, streamId, data) => {
        const number = readDouble(data, 0);
        // Each run starts at 0 again.
        if (number === 0) Object.assign(reception, { nextNumber: 0, bytes: 0, repliedBytes: 0 });
        if (number !== reception.nextNumber++) throw new Error(`Message ${reception.nextNumber - 1} is missing; ${number} came instead`);
        this.#note(data);
        reception.bytes += data.length;
        if (reception.bytes < reception.repliedBytes + REPLY_EVERY_BYTES) return;
        reception.repliedBytes = reception.bytes;
        receiver.send(streamId, writeDouble(writeDouble(new Uint8Array(HEADER_BYTES), 0, place), 8, reception.bytes));
      },
    };
    const client = await DataClient.join(this.#context, listener, conditions);
    this.#clients.push(client);
    // The publisher's channel is published a moment after it was opened.
    for (let tries = 1; ; tries++) {
      try {
        await client.session.subscribeData(remoteSessionId, LABEL);
        break;
      } catch (error) {
        if (tries === SUBSCRIBE_TRIES) throw error;
        await sleep(SUBSCRIBE_RETRY_MS);
      }
    }
    await opened.promise;
  }

  #note(data: Uint8Array): void {
    this.#messages++;
    this.#bytes += data.length;
    if (this.#delaysMs.length < MAX_DELAYS) this.#delaysMs.push(monotonicMs() - readDouble(data, 8));
  }
}

class Sending {
  readonly #client: DataClient;
  readonly #streamId: number;
  readonly #sizeBytes: number;
  readonly #messagesPerSecond: number | undefined;
  readonly #beganMs = performance.now();
  readonly #timer: NodeJS.Timeout;
  #sent = 0;
  #isStopped = false;
  /** One total for each receiver. */
  readonly #arrivedBytes: number[];

  constructor(client: DataClient, streamId: number, { sizeBytes, messagesPerSecond, subscribers }: SendingPlan) {
    this.#client = client;
    this.#streamId = streamId;
    this.#sizeBytes = sizeBytes;
    this.#messagesPerSecond = messagesPerSecond === 'as many as arrive' ? undefined : messagesPerSecond;
    this.#arrivedBytes = new Array<number>(subscribers).fill(0);
    this.#timer = setInterval(() => this.#send(), PACE_MS);
    this.#send();
  }

  noteArrived(receiver: number, bytes: number): void {
    this.#arrivedBytes[receiver] = Math.max(this.#arrivedBytes[receiver] ?? 0, bytes);
    if (this.#messagesPerSecond === undefined) this.#send();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#isStopped = true;
  }

  /** Whether enough is under way for a report to come, because receivers report in whole steps. */
  get isUnderway(): boolean {
    return this.#underwayBytes >= REPLY_EVERY_BYTES;
  }

  #send(): void {
    while (this.#maySend()) {
      const data = new Uint8Array(Math.max(this.#sizeBytes, HEADER_BYTES));
      writeDouble(data, 0, this.#sent);
      writeDouble(data, 8, monotonicMs());
      if (!this.#client.send(this.#streamId, data)) return;
      this.#sent++;
    }
  }

  #maySend(): boolean {
    const isDue =
      this.#messagesPerSecond === undefined || this.#sent < ((performance.now() - this.#beganMs) * this.#messagesPerSecond) / 1_000;
    return isDue && !this.#isStopped && this.#underwayBytes < MAX_UNDERWAY_BYTES;
  }

  get #underwayBytes(): number {
    return this.#sent * this.#sizeBytes - Math.min(...this.#arrivedBytes);
  }
}

function readDouble(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getFloat64(at);
}

function writeDouble(bytes: Uint8Array, at: number, value: number): Uint8Array {
  new DataView(bytes.buffer, bytes.byteOffset).setFloat64(at, value);
  return bytes;
}
