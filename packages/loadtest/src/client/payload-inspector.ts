import type { SecureEndpoint } from '@causeway/media';
import { RtpView } from '@causeway/wire';
import { checkAudioPayload } from '../load/audio-payload.ts';
import { monotonicMs } from '../load/pacing.ts';
import { checkVideoPayload } from '../load/video-payload.ts';

const MAX_PACKET_BYTES = 2048;

/** Decrypts what a subscriber receives, compares every byte of it with what was sent, and notes how long it took. */
export class PayloadInspector {
  readonly #view = new RtpView();
  readonly #scratch = new Uint8Array(MAX_PACKET_BYTES);
  #latenciesMs: number[] = [];
  #checked = 0;
  #corrupted = 0;

  get checked(): number {
    return this.#checked;
  }

  /** Packets that could not be decrypted, or had a byte that was not sent. */
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

  /** Hands out what was noted since the last call, in order of arrival. */
  takeLatenciesMs(): number[] {
    const taken = this.#latenciesMs;
    this.#latenciesMs = [];
    return taken;
  }

  /** @returns undefined if a byte is not what was sent; audio does not say when that was */
  #checkPayload(packet: Buffer): { readonly sentAtMs?: number } | undefined {
    const { headerLength, payloadLength } = this.#view;
    const payload = packet.subarray(headerLength, headerLength + payloadLength);
    if (checkAudioPayload(payload) !== undefined) return {};
    // What does not fit an unprobed path is paused at first, and its pictures are counted again when it goes on.
    return checkVideoPayload(payload, this.#scratch, 'renumbered');
  }
}
