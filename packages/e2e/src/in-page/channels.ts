/**
 * Data channels of one peer connection: what comes on them is noted, so that a test can read it
 * later.
 */
import { waitUntil } from '@causeway/lab/wait-until';
import { type FloodRequest, type FloodSeen, sendFlood, watchFlood } from './flood.ts';
import { describeMessage, type MadeMessage, makeMessage, type SeenMessage } from './made-messages.ts';

export class Channels {
  readonly #channels = new Map<string, RTCDataChannel>();
  readonly #seen = new Map<string, SeenMessage[]>();
  readonly #floods = new Map<string, () => FloodSeen>();

  /** Listens to a channel, which replaces an earlier one with the same label. */
  adopt(channel: RTCDataChannel): RTCDataChannel {
    const seen: SeenMessage[] = [];
    channel.binaryType = 'arraybuffer';
    channel.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => seen.push(describeMessage(data));
    this.#channels.set(channel.label, channel);
    this.#seen.set(channel.label, seen);
    return channel;
  }

  /** Waits until a channel is open. @returns the parameters that it was opened with */
  async opened(label: string): Promise<Pick<RTCDataChannel, 'id' | 'protocol' | 'ordered' | 'maxRetransmits' | 'maxPacketLifeTime'>> {
    const channel = await this.#open(label);
    const { id, protocol, ordered, maxRetransmits, maxPacketLifeTime } = channel;
    return { id, protocol, ordered, maxRetransmits, maxPacketLifeTime };
  }

  stateOf(label: string): RTCDataChannelState | undefined {
    return this.#channels.get(label)?.readyState;
  }

  seen(label: string): readonly SeenMessage[] {
    return this.#seen.get(label) ?? [];
  }

  /** Sends as fast as the channel takes it. @returns what a receiver should see */
  async send(label: string, messages: readonly MadeMessage[]): Promise<readonly SeenMessage[]> {
    const channel = await this.#open(label);
    const sent: SeenMessage[] = [];
    for (const message of messages) {
      const data = makeMessage(message);
      await waitUntil(
        `channel ${label} has room`,
        () => channel.bufferedAmount,
        (waiting) => waiting < 1_000_000,
      );
      // The two kinds are overloads of `send`.
      if (typeof data === 'string') channel.send(data);
      else channel.send(data);
      sent.push(describeMessage(data));
    }
    return sent;
  }

  /** Sends a flood once the channel is open. @returns how many messages */
  async flood(label: string, request: FloodRequest): Promise<number> {
    return sendFlood(await this.#open(label), request);
  }

  /** Checks messages on the channel as those of a flood from now on. */
  async watchFlood(label: string): Promise<void> {
    this.#floods.set(label, watchFlood(await this.#open(label)));
  }

  /** @throws Error – the channel is not watched */
  floodSeen(label: string): FloodSeen {
    const read = this.#floods.get(label);
    if (read === undefined) throw new Error(`channel ${label} is not watched for a flood`);
    return read();
  }

  close(label: string): void {
    this.#channels.get(label)?.close();
  }

  async #open(label: string): Promise<RTCDataChannel> {
    const channel = await waitUntil(
      `channel ${label} is open`,
      () => this.#channels.get(label),
      (each) => each?.readyState === 'open',
    );
    return channel as RTCDataChannel;
  }
}
