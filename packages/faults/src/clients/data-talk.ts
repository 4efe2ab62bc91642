/** One who publishes numbered messages on a data channel, and one who subscribes and looks whether all of them come, each once and in order. */
import { DataClient } from '@causeway/bench';
import type { LoadContext } from '@causeway/loadtest';
import type { HearingFigures } from './client-verbs.ts';

const CHANNEL = 'talk';
const NUMBER_BYTES = 4;

export class DataTalker {
  readonly #client: DataClient;
  readonly #streamId: number;
  #last = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Resolves when the channel is published. */
  static async join(context: LoadContext): Promise<DataTalker> {
    let opened: (streamId: number) => void = () => undefined;
    const open = new Promise<number>((resolve) => {
      opened = resolve;
    });
    const client = await DataClient.join(context, { onOpened: (_client, { streamId }) => opened(streamId), onMessage() {} });
    client.open(CHANNEL);
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

  #say(messageBytes: number): void {
    const number = this.#last + 1;
    if (this.#client.send(this.#streamId, writeMessage(number, messageBytes))) this.#last = number;
  }
}

export class DataListener {
  #first: number | undefined;
  #last: number | undefined;
  #received = 0;
  #wrong = 0;
  #closed = 0;

  /** Resolves when it is subscribed. */
  static async join(context: LoadContext, remoteSessionId: string): Promise<DataListener> {
    const listener = new DataListener();
    const client = await DataClient.join(context, {
      onOpened() {},
      onMessage: (_client, _streamId, data) => listener.#take(data),
      onClosed: () => listener.#closed++,
    });
    await context.api.subscribeDataChannels(client.session.sessionId, { dataChannels: [{ remoteSessionId, dataChannelName: CHANNEL }] });
    return listener;
  }

  figures(): HearingFigures {
    const { first = null, last = null } = { first: this.#first, last: this.#last };
    return { first, last, received: this.#received, wrong: this.#wrong, closed: this.#closed };
  }

  #take(data: Uint8Array): void {
    const number = readMessage(data);
    this.#received++;
    if (number === undefined || (this.#last !== undefined && number !== this.#last + 1)) this.#wrong++;
    this.#first ??= number;
    this.#last = number;
  }
}

/** Every byte after the number says which message it is of. */
function writeMessage(number: number, messageBytes: number): Uint8Array {
  const data = new Uint8Array(messageBytes).fill(number);
  new DataView(data.buffer).setUint32(0, number);
  return data;
}

/** @returns undefined if it is not as it was sent */
function readMessage(data: Uint8Array): number | undefined {
  if (data.length < NUMBER_BYTES) return undefined;
  const number = new DataView(data.buffer, data.byteOffset).getUint32(0);
  return data.subarray(NUMBER_BYTES).every((byte) => byte === (number & 0xff)) ? number : undefined;
}
