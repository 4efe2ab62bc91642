/** A publisher of numbered messages on a data channel, and a subscriber that checks that each arrives once and in order. */
import { DataClient } from '@causeway/bench';
import { type LoadContext, monotonicMs } from '@causeway/loadtest';
import type { HearingFigures, TalkRequest } from './client-verbs.ts';

const CHANNEL = 'talk';
/** The message number and the time at which it was sent. */
const HEADER_BYTES = 12;
const SENT_AT = 4;

export class DataTalker {
  readonly #client: DataClient;
  readonly #streamId: number;
  #last = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Resolves once the channel is published. */
  static async join(context: LoadContext, maxRetransmits: TalkRequest['maxRetransmits']): Promise<DataTalker> {
    let opened: (streamId: number) => void = () => undefined;
    const open = new Promise<number>((resolve) => {
      opened = resolve;
    });
    const client = await DataClient.join(context, { onOpened: (_client, { streamId }) => opened(streamId), onMessage() {} });
    client.open(CHANNEL, maxRetransmits === undefined ? {} : { ordered: false, maxRetransmits });
    const streamId = await open;
    await context.api.publishDataChannels(client.session.sessionId, { dataChannels: [{ dataChannelName: CHANNEL, retain: 'last' }] });
    return new DataTalker(client, streamId);
  }

  private constructor(client: DataClient, streamId: number) {
    this.#client = client;
    this.#streamId = streamId;
  }

  get sessionId(): string {
    return this.#client.session.sessionId;
  }

  begin(everyMs: number, messageBytes: number): void {
    this.end();
    this.#timer = setInterval(() => this.#say(messageBytes), everyMs);
  }

  /** @returns the number of the last message */
  end(): number {
    clearInterval(this.#timer);
    return this.#last;
  }

  vanish(): void {
    this.end();
    this.#client.vanish();
  }

  #say(messageBytes: number): void {
    const number = this.#last + 1;
    if (this.#client.send(this.#streamId, writeMessage(number, messageBytes))) this.#last = number;
  }
}

export class DataListener {
  /** The bytes of all messages, including invalid ones. */
  receivedBytes = 0;
  #client: DataClient | undefined;
  #first: number | undefined;
  #last: number | undefined;
  #received = 0;
  #wrong = 0;
  #closed = 0;
  #delaysMs: number[] = [];

  /** Resolves once it is subscribed. */
  static async join(context: LoadContext, remoteSessionId: string): Promise<DataListener> {
    const listener = new DataListener();
    const client = await DataClient.join(context, {
      onOpened() {},
      onMessage: (_client, _streamId, data) => listener.#take(data),
      onClosed: () => listener.#closed++,
    });
    listener.#client = client;
    await context.api.subscribeDataChannels(client.session.sessionId, { dataChannels: [{ remoteSessionId, dataChannelName: CHANNEL }] });
    return listener;
  }

  figures(): HearingFigures {
    const { first = null, last = null } = { first: this.#first, last: this.#last };
    return { first, last, received: this.#received, wrong: this.#wrong, closed: this.#closed };
  }

  /** Returns the delays of the messages since the last call. */
  takeDelaysMs(): readonly number[] {
    const delaysMs = this.#delaysMs;
    this.#delaysMs = [];
    return delaysMs;
  }

  stopReading(): void {
    this.#client?.stopReading();
  }

  vanish(): void {
    this.#client?.vanish();
  }

  #take(data: Uint8Array): void {
    const number = readMessage(data);
    if (data.length >= HEADER_BYTES) this.#delaysMs.push(monotonicMs() - viewOf(data).getFloat64(SENT_AT));
    this.#received++;
    this.receivedBytes += data.length;
    if (number === undefined || (this.#last !== undefined && number !== this.#last + 1)) this.#wrong++;
    this.#first ??= number;
    this.#last = number;
  }
}

/** Writes a message whose every byte after the header identifies it. */
function writeMessage(number: number, messageBytes: number): Uint8Array {
  const data = new Uint8Array(messageBytes).fill(number);
  viewOf(data).setUint32(0, number);
  viewOf(data).setFloat64(SENT_AT, monotonicMs());
  return data;
}

/** @returns undefined if the message was changed */
function readMessage(data: Uint8Array): number | undefined {
  if (data.length < HEADER_BYTES) return undefined;
  const number = viewOf(data).getUint32(0);
  return data.subarray(HEADER_BYTES).every((byte) => byte === (number & 0xff)) ? number : undefined;
}

function viewOf(data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}
