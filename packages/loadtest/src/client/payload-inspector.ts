import type { SecureEndpoint } from '@causeway/media';
import { RtpView } from '@causeway/wire';
import { checkAudioPayload } from '../load/audio-payload.ts';
import { monotonicMs } from '../load/pacing.ts';
import { checkVideoPayload } from '../load/video-payload.ts';

const MAX_PACKET_BYTES = 2048;

/** Decrypts the packets of a subscriber, compares every byte with what was sent, and records their latency. */
export class PayloadInspector {
  readonly #view = new RtpView();
  readonly #scratch = new Uint8Array(MAX_PACKET_BYTES);
  #latenciesMs: number[] = [];
  #checked = 0;
  #corrupted = 0;

  get checked(): number {
    return this.#checked;
  }

  /** Packets that could not be decrypted, or in which a byte differed from what was sent. */
  get corrupted(): number {
    return this.#corrupted;
  }

  /** @param packet decrypted in place */
  inspect(packet: Buffer, endpoint: SecureEndpoint): void {
    const receivedAtMs = monotonicMs();
    const length = endpoint.inbound.unprotectRtp(packet);
    const payload = length > 0 && this.#view.read(packet, length) ? this.#checkPayload(packet) : undefined;
    this.#checked++;
    if (payload === undefined) this.#corrupted++;
    else if (payload.sentAtMs !== undefined) this.#latenciesMs.push(receivedAtMs - payload.sentAtMs);
  }

  /** Returns the latencies since the last call, in order of arrival. */
  takeLatenciesMs(): number[] {
    const taken = this.#latenciesMs;
    this.#latenciesMs = [];
    return taken;
  }

  /** @returns undefined if a byte differs from what was sent; audio has no send time */
  #checkPayload(packet: Buffer): { readonly sentAtMs?: number } | undefined {
    const { headerLength, payloadLength } = this.#view;
    const payload = packet.subarray(headerLength, headerLength + payloadLength);
    if (checkAudioPayload(payload) !== undefined) return {};
    // Video that does not fit an unprobed path is paused at first, and its pictures are renumbered when it continues.
    return checkVideoPayload(payload, this.#scratch, 'renumbered');
  }
}
