/** A load client with data channels, over the DTLS of a load generator's peer. */
import { createHmac, randomBytes } from 'node:crypto';
import { type LoadContext, LoadSession } from '@causeway/loadtest';
import {
  createDataCounters,
  type DataChannelInfo,
  type DataChannelRequest,
  DataChannels,
  type DataChannelsListener,
  type DataKind,
} from '@causeway/media';
import { SystemTimers } from '@causeway/secure/bare';
import { LossyPath, type PathConditions } from './lossy-path.ts';

const IGNORE_SENT = { onSent() {}, onDropped() {}, onReleased() {} };

export interface DataClientListener {
  onOpened(client: DataClient, channel: DataChannelInfo): void;
  onMessage(client: DataClient, streamId: number, data: Uint8Array, kind: DataKind): void;
  /** Called when a channel was closed. Without it, a closed channel is an error. */
  onClosed?(client: DataClient, streamId: number): void;
}

export class DataClient {
  readonly session: LoadSession;
  readonly #channels: DataChannels;
  readonly #timers: SystemTimers;
  /** Whether this client says nothing any more. */
  hasVanished = false;
  #isReading = true;

  /** @param conditions of the path to the SFU. By default, the path is left as it is */
  static async join(context: LoadContext, listener: DataClientListener, conditions?: PathConditions): Promise<DataClient> {
    const timers = new SystemTimers();
    const path = conditions === undefined ? undefined : new LossyPath(conditions);
    let client: DataClient | undefined;
    const channels = new DataChannels({
      role: 'client',
      timers,
      hmacSha1: (key, message) => createHmac('sha1', key).update(message).digest(),
      randomBytes,
      counters: createDataCounters(),
      listener: createListener(() => client, listener, path),
    });
    let firesAfterTurn = false;
    /** Packets that are read in one turn of the event loop share an acknowledgement, as they do in the SFU. */
    const fireAfterTurn = (): void => {
      if (firesAfterTurn) return;
      firesAfterTurn = true;
      setImmediate(() => {
        firesAfterTurn = false;
        timers.fireDue(performance.now());
      });
    };
    const take = (nowMs: number, packet: Uint8Array): void => {
      if (client !== undefined && !client.#isReading) return;
      channels.handlePacket(nowMs, packet);
      fireAfterTurn();
    };
    const session = await LoadSession.join(context, {
      track: 'data',
      listener: {
        onSrtp() {},
        onSrtcp() {},
        onApplicationData(nowMs, data) {
          if (path === undefined) take(nowMs, data);
          else path.pass(data, (packet) => take(performance.now(), packet));
        },
      },
    });
    client = new DataClient(session, channels, timers);
    // Browsers do the same, and some SFUs wait for it.
    channels.begin(performance.now());
    return client;
  }

  private constructor(session: LoadSession, channels: DataChannels, timers: SystemTimers) {
    this.session = session;
    this.#channels = channels;
    this.#timers = timers;
  }

  open(label: string, reliability: Pick<DataChannelRequest, 'ordered' | 'maxRetransmits'> = {}): void {
    this.#channels.open(performance.now(), { label, ...reliability });
    this.#fire();
  }

  /** Sends a message reliably. The bytes must not change afterwards. @returns false if too much waits already */
  send(streamId: number, data: Uint8Array): boolean {
    const terms = { ordered: true, maxRetransmits: undefined, maxPacketLifeTimeMs: undefined, maxWaitMs: Infinity, sender: IGNORE_SENT };
    const isSent = this.#channels.sendShared(performance.now(), streamId, { message: { kind: 'binary', data }, terms });
    this.#fire();
    return isSent;
  }

  async leave(): Promise<void> {
    this.#channels.close();
    // What a slow path still holds arrives after that.
    this.hasVanished = true;
    await this.session.leave();
  }

  /** Stops acknowledging anything, while the connection stays up, as in a page whose thread hangs. */
  stopReading(): void {
    this.#isReading = false;
  }

  /** Falls silent without a goodbye. */
  vanish(): void {
    this.hasVanished = true;
    this.#channels.close();
    this.session.peer.vanish();
  }

  #fire(): void {
    this.#timers.fireDue(performance.now());
  }
}

function createListener(
  client: () => DataClient | undefined,
  listener: DataClientListener,
  path: LossyPath | undefined,
): DataChannelsListener {
  const tell = (act: (client: DataClient) => void): void => {
    const told = client();
    if (told?.hasVanished === false) act(told);
  };
  const send = (packet: Uint8Array): void => tell(({ session }) => session.peer.endpoint.sendApplicationData(packet));
  return {
    onPacket: (packet) => {
      if (path === undefined) send(packet);
      else path.pass(packet, send);
    },
    onOpened: (channel) => tell((told) => listener.onOpened(told, channel)),
    onMessage: (streamId, data, kind) => tell((told) => listener.onMessage(told, streamId, data, kind)),
    onClosed(streamId) {
      if (listener.onClosed !== undefined) return tell((told) => listener.onClosed?.(told, streamId));
      throw new Error(`The data channel ${streamId} was closed: a client is slower than what it is sent`);
    },
    onOversizedMessage() {},
    onAborted() {},
    onDefect(error) {
      throw error;
    },
  };
}
