/** A load client with data channels, over the DTLS of a load generator's peer. */
import { createHmac, randomBytes } from 'node:crypto';
import { type LoadContext, LoadSession } from '@causeway/loadtest';
import { createDataCounters, type DataChannelInfo, DataChannels, type DataChannelsListener, type DataKind, Timers } from '@causeway/media';

/** How often its timers are looked at beside what arrives. */
const TICK_MS = 2;
const IGNORE_SENT = { onSent() {}, onDropped() {}, onReleased() {} };

export interface DataClientListener {
  onOpened(client: DataClient, channel: DataChannelInfo): void;
  onMessage(client: DataClient, streamId: number, data: Uint8Array, kind: DataKind): void;
}

export class DataClient {
  readonly session: LoadSession;
  readonly #channels: DataChannels;
  readonly #timers: Timers;
  readonly #ticks: NodeJS.Timeout;

  static async join(context: LoadContext, listener: DataClientListener): Promise<DataClient> {
    const timers = new Timers();
    let client: DataClient | undefined;
    const channels = new DataChannels({
      role: 'client',
      timers,
      hmacSha1: (key, message) => createHmac('sha1', key).update(message).digest(),
      randomBytes,
      counters: createDataCounters(),
      listener: createListener(() => client, listener),
    });
    const session = await LoadSession.join(context, {
      track: 'data',
      listener: {
        onSrtp() {},
        onSrtcp() {},
        onApplicationData(nowMs, data) {
          channels.handlePacket(nowMs, data);
          timers.fireDue(nowMs);
        },
      },
    });
    client = new DataClient(session, channels, timers);
    return client;
  }

  private constructor(session: LoadSession, channels: DataChannels, timers: Timers) {
    this.session = session;
    this.#channels = channels;
    this.#timers = timers;
    this.#ticks = setInterval(() => this.#fire(), TICK_MS);
  }

  open(label: string): void {
    this.#channels.open(performance.now(), { label });
    this.#fire();
  }

  /** Sends a message reliably; the bytes must not change after. @returns false if too much waits already */
  send(streamId: number, data: Uint8Array): boolean {
    const terms = { ordered: true, maxRetransmits: undefined, maxPacketLifeTimeMs: undefined, maxWaitMs: Infinity, sender: IGNORE_SENT };
    const isSent = this.#channels.sendShared(performance.now(), streamId, { message: { kind: 'binary', data }, terms });
    this.#fire();
    return isSent;
  }

  async leave(): Promise<void> {
    clearInterval(this.#ticks);
    this.#channels.close();
    await this.session.leave();
  }

  #fire(): void {
    this.#timers.fireDue(performance.now());
  }
}

function createListener(client: () => DataClient | undefined, listener: DataClientListener): DataChannelsListener {
  const tell = (act: (client: DataClient) => void): void => {
    const told = client();
    if (told !== undefined) act(told);
  };
  return {
    onPacket: (packet) => tell(({ session }) => session.peer.endpoint.sendApplicationData(packet)),
    onOpened: (channel) => tell((told) => listener.onOpened(told, channel)),
    onMessage: (streamId, data, kind) => tell((told) => listener.onMessage(told, streamId, data, kind)),
    onClosed(streamId) {
      throw new Error(`The data channel ${streamId} was closed: a client is slower than what it is sent`);
    },
    onOversizedMessage() {},
    onAborted() {},
    onDefect(error) {
      throw error;
    },
  };
}
