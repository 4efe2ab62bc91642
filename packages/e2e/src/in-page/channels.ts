/**
 * Data channels of one peer connection: what comes on them is noted, so that a test can read it
 * later.
 */
import { waitUntil } from '../wait-until.ts';

/** A message as JSON can carry it to the test: of a long one a sum of its contents. */
export interface SeenMessage {
  readonly kind: 'text' | 'binary';
  readonly length: number;
  readonly sum: number;
}

/** A message to be sent: `length` characters or bytes that follow from `seed`. */
export interface MadeMessage {
  readonly kind: 'text' | 'binary';
  readonly length: number;
  readonly seed: number;
}

export class Channels {
  readonly #channels = new Map<string, RTCDataChannel>();
  readonly #seen = new Map<string, SeenMessage[]>();

  /** Of the same label the latest counts. */
  adopt(channel: RTCDataChannel): RTCDataChannel {
    const seen: SeenMessage[] = [];
    channel.binaryType = 'arraybuffer';
    channel.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => seen.push(describe(data));
    this.#channels.set(channel.label, channel);
    this.#seen.set(channel.label, seen);
    return channel;
  }

  /** Waits for a channel to be open. @returns what it was opened with */
  async opened(label: string): Promise<Pick<RTCDataChannel, 'id' | 'protocol' | 'ordered' | 'maxRetransmits' | 'maxPacketLifeTime'>> {
    const channel = await waitUntil(
      `channel ${label} is open`,
      () => this.#channels.get(label),
      (each) => each?.readyState === 'open',
    );
    const { id, protocol, ordered, maxRetransmits, maxPacketLifeTime } = channel as RTCDataChannel;
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
    await this.opened(label);
    const channel = this.#channels.get(label) as RTCDataChannel;
    const sent: SeenMessage[] = [];
    for (const message of messages) {
      const data = make(message);
      await waitUntil(
        `channel ${label} has room`,
        () => channel.bufferedAmount,
        (waiting) => waiting < 1_000_000,
      );
      // The two kinds are overloads of `send`.
      if (typeof data === 'string') channel.send(data);
      else channel.send(data);
      sent.push(describe(typeof data === 'string' ? data : data.buffer));
    }
    return sent;
  }

  close(label: string): void {
    this.#channels.get(label)?.close();
  }
}

function make({ kind, length, seed }: MadeMessage): string | Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from({ length }, (_, index) => (index * 31 + seed * 7 + (index >> 8)) & 0x7f);
  return kind === 'binary' ? bytes : new TextDecoder('latin1').decode(bytes);
}

function describe(data: string | ArrayBuffer): SeenMessage {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : new Uint8Array(data);
  const sum = bytes.reduce((before, byte) => (before * 31 + byte) % 4_294_967_291, bytes.length);
  return { kind: typeof data === 'string' ? 'text' : 'binary', length: bytes.length, sum };
}
