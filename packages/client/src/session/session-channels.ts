/** The data channels of one session. They are published by label, and subscribed to under ids that the SFU chooses. */
import type { SubscribedDataChannelResult } from '@causeway/protocol';
import type { SfuApi } from '../api/sfu-api.ts';
import { errorFromItem } from '../api/sfu-api-error.ts';
import type { DataChannel, MediaTrack, PeerConnection, Reliability } from './peer-connection.ts';
import { answerTo, hasDataSection, offerTo } from './sdp-exchange.ts';
import type { LocalChannel, RemoteChannel } from './session.ts';

/** The SFU waits for any first message and forwards it to no subscriber. It is not empty, because werift does not send empty messages. */
const READY = 'ready';

export class SessionChannels<Channel extends DataChannel> {
  readonly #peer: PeerConnection<MediaTrack, Channel>;
  readonly #api: SfuApi;
  readonly #sessionId: string;
  /** Channels that were subscribed to, by stream id. */
  readonly #subscribed = new Map<number, Channel>();

  constructor(peer: PeerConnection<MediaTrack, Channel>, api: SfuApi, sessionId: string) {
    this.#peer = peer;
    this.#api = api;
    this.#sessionId = sessionId;
  }

  /** Announces the channel to the SFU before it opens, because `bus` and `retain` cannot be set later. */
  async publish({ name, retain, bus, ...reliability }: LocalChannel): Promise<Channel> {
    const item = { dataChannelName: name, ...reliability, ...(retain !== undefined && { retain }), ...(bus !== undefined && { bus }) };
    const dataChannels = [item];
    if (hasDataSection(this.#peer)) {
      failOn((await this.#api.publishDataChannels(this.#sessionId, { dataChannels })).dataChannels);
      return this.#peer.createDataChannel(name, reliability);
    }
    // The first channel adds the media line, and does not open before that has been negotiated.
    const channel = this.#peer.createDataChannel(name, reliability);
    try {
      const reply = await offerTo(this.#peer, (sessionDescription) =>
        this.#api.publishDataChannels(this.#sessionId, { dataChannels, sessionDescription }),
      );
      failOn(reply.dataChannels);
      return channel;
    } catch (failure) {
      channel.close();
      throw failure;
    }
  }

  /**
   * Subscribes to a channel that waits for a first message from us, which the SFU does not forward. A channel that the SFU opened by itself
   * might carry messages before the reply has arrived, and those would be lost.
   */
  async subscribe(remote: RemoteChannel): Promise<Channel> {
    const item = { ...remote, negotiated: true, waitForAck: true };
    const reply = await this.#api.subscribeDataChannels(this.#sessionId, { dataChannels: [item] });
    if (reply.sessionDescription !== undefined) {
      await answerTo(this.#peer, reply.sessionDescription, new Set(), (sessionDescription) =>
        this.#api.renegotiate(this.#sessionId, { sessionDescription }),
      );
    }
    failOn(reply.dataChannels);
    const { id, dataChannelName } = reply.dataChannels[0] ?? {};
    if (id === undefined) throw new Error(`The node named no stream for the data channel ${remote.dataChannelName}.`);
    const known = this.#subscribed.get(id);
    if (known !== undefined && (known.readyState === 'open' || known.readyState === 'connecting')) return known;
    const channel = this.#peer.createDataChannel(dataChannelName ?? '', { negotiated: true, id, ...reliabilityOf(reply.dataChannels[0]) });
    this.#subscribed.set(id, channel);
    if (channel.readyState === 'open') channel.send(READY);
    else channel.addEventListener('open', () => channel.send(READY));
    return channel;
  }
}

function reliabilityOf({ ordered, maxRetransmits, maxPacketLifeTime }: Partial<SubscribedDataChannelResult> = {}): Reliability {
  return {
    ...(ordered !== undefined && { ordered }),
    ...(maxRetransmits !== undefined && { maxRetransmits }),
    ...(maxPacketLifeTime !== undefined && { maxPacketLifeTime }),
  };
}

function failOn(items: readonly Parameters<typeof errorFromItem>[0][]): void {
  const failure = items.map(errorFromItem).find((error) => error !== undefined);
  if (failure !== undefined) throw failure;
}
