import {
  checkVideoPayload,
  isFrameEnd,
  type LoadContext,
  LoadSession,
  monotonicMs,
  type RemoteTrack,
  RtcpChannel,
} from '@causeway/loadtest';
import { parseRtcp, RTP_FIXED_HEADER_LENGTH, RtpView } from '@causeway/wire';
import type { WatchFigures } from './client-verbs.ts';
import { ReceptionReporter } from './reception-reporter.ts';
import { WatchRecord } from './watch-record.ts';

const MAX_PACKET_BYTES = 2048;

/** A subscriber that decrypts and checks every packet, and records arrival times. */
export class WatchingClient {
  readonly #view = new RtpView();
  readonly #scratch = new Uint8Array(MAX_PACKET_BYTES);
  readonly #record = new WatchRecord();
  readonly #suite: LoadContext['suite'];
  #session: LoadSession | undefined;
  #reporter: ReceptionReporter | undefined;
  #renegotiatedAtMs: number | undefined;
  #firstFrameAtMs: number | undefined;
  #hasKeyframe = false;
  #corrupted = 0;
  #goodbyes = 0;
  #receivedBytes = 0;

  private constructor(suite: LoadContext['suite']) {
    this.#suite = suite;
  }

  /** Resolves once it is subscribed. */
  static async join(context: LoadContext, track: RemoteTrack, quality?: string): Promise<WatchingClient> {
    const client = new WatchingClient(context.suite);
    const listener = { onSrtp: (packet: Buffer) => client.#takeRtp(packet), onSrtcp: (packet: Buffer) => client.#takeRtcp(packet) };
    client.#session = await LoadSession.join(context, { listener });
    await client.#session.subscribe(track);
    client.#renegotiatedAtMs = monotonicMs();
    if (quality !== undefined) await client.#session.updateFirst({ quality });
    return client;
  }

  /** The billed bytes, which are payloads and fixed headers. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  beginWindow(): void {
    this.#record.beginWindow();
  }

  figures(): WatchFigures {
    const firstFrameMs = this.#firstFrameAtMs === undefined ? null : Math.max(0, this.#firstFrameAtMs - (this.#renegotiatedAtMs ?? 0));
    return {
      sessionId: this.#session?.sessionId ?? '',
      ...this.#record.figures(monotonicMs()),
      corrupted: this.#corrupted,
      firstFrameMs,
      goodbyes: this.#goodbyes,
    };
  }

  /** Reports what arrives to the SFU from now on, which costs each side a packet a second. */
  startReports(): void {
    if (this.#session !== undefined) this.#reporter ??= new ReceptionReporter(new RtcpChannel(this.#suite, this.#session.peer));
  }

  async leave(): Promise<void> {
    this.#reporter?.close();
    await this.#session?.leave();
  }

  /** Continues from another port. */
  async move(): Promise<void> {
    await this.#session?.peer.move();
  }

  vanish(): void {
    this.#reporter?.close();
    this.#session?.peer.vanish();
  }

  #takeRtp(packet: Buffer): void {
    const nowMs = monotonicMs();
    const length = this.#session?.peer.endpoint.inbound.unprotectRtp(packet) ?? 0;
    if (length <= 0 || !this.#view.read(packet, length)) {
      this.#corrupted++;
      return;
    }
    this.#reporter?.note(this.#view);
    const { headerLength, payloadLength } = this.#view;
    // A packet with only padding is a bandwidth probe.
    if (payloadLength === 0) return;
    this.#receivedBytes += RTP_FIXED_HEADER_LENGTH + payloadLength;
    const payload = checkVideoPayload(packet.subarray(headerLength, headerLength + payloadLength), this.#scratch, 'renumbered');
    if (payload === undefined) {
      this.#corrupted++;
      return;
    }
    this.#record.add(payload.counter, nowMs);
    this.#hasKeyframe ||= payload.isKeyframe;
    if (this.#hasKeyframe && isFrameEnd(payload.counter)) this.#firstFrameAtMs ??= nowMs;
  }

  #takeRtcp(packet: Buffer): void {
    const length = this.#session?.peer.endpoint.unprotectRtcp(packet) ?? 0;
    for (const message of length > 0 ? (parseRtcp(packet, length) ?? []) : []) if (message.type === 'bye') this.#goodbyes++;
  }
}
