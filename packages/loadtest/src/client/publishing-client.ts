import { randomInt, randomUUID } from 'node:crypto';
import { createPacedSource, type PacedSource } from '../load/paced-source.ts';
import { MIN_PAYLOAD_BYTES } from '../load/video-payload.ts';
import { requestedKeyframes } from '../peer/keyframe-request.ts';
import { RtpSender } from '../peer/rtp-sender.ts';
import type { RemoteTrack } from '../sfu-api.ts';
import { type LoadContext, LoadSession } from './load-session.ts';
import { randomFirstSequenceNumber, VideoLayer } from './video-layer.ts';

const RTP_HEADER_BYTES = 12;
/** Room for the SRTP tag of 10 bytes within an Ethernet frame, as browsers leave it. */
const MAX_PACKET_BYTES = 1400;

export interface PublishOptions {
  readonly packetsPerSecond: number;
  /** Of the whole RTP packet before SRTP adds its tag. */
  readonly packetBytes: number;
}

/** Publishes one video track of evenly spaced packets; a keyframe first, and whenever the SFU asks for one. */
export class PublishingClient {
  readonly #session: LoadSession;
  readonly #layer: VideoLayer;
  readonly #source: PacedSource;
  readonly track: RemoteTrack;

  private constructor(session: LoadSession, layer: VideoLayer, trackId: string, packetsPerSecond: number) {
    this.#session = session;
    this.#layer = layer;
    this.#source = createPacedSource(packetsPerSecond, () => layer.sendPacket());
    this.track = { remoteSessionId: session.sessionId, remoteTrackId: trackId };
  }

  /** @throws RangeError – when the packet size is too small to check or too large to send */
  static async join(context: LoadContext, { packetsPerSecond, packetBytes }: PublishOptions): Promise<PublishingClient> {
    const minPacketBytes = RTP_HEADER_BYTES + MIN_PAYLOAD_BYTES;
    if (packetBytes < minPacketBytes || packetBytes > MAX_PACKET_BYTES) {
      throw new RangeError(`Packets must have ${minPacketBytes} to ${MAX_PACKET_BYTES} bytes, not ${packetBytes}`);
    }
    const ssrc = randomInt(1, 2 ** 32);
    const trackId = randomUUID();
    let client: PublishingClient | undefined;
    const listener = { onSrtp() {}, onSrtcp: (packet: Buffer) => client?.handleSrtcp(packet) };
    const track = { streamId: randomUUID(), trackId, encodings: { ssrc } };
    const session = await LoadSession.join(context, { listener, track });
    const sender = new RtpSender(context.suite, session.peer, { ssrc, firstSequenceNumber: randomFirstSequenceNumber() });
    client = new PublishingClient(
      session,
      new VideoLayer(sender, packetsPerSecond, packetBytes - RTP_HEADER_BYTES),
      trackId,
      packetsPerSecond,
    );
    return client;
  }

  /** ICE user fragment of the SFU. */
  get remoteUfrag(): string {
    return this.#session.remoteUfrag;
  }

  get sent(): number {
    return this.#layer.sent;
  }

  start(): void {
    this.#source.start();
  }

  pause(): void {
    this.#source.pause();
  }

  handleSrtcp(packet: Buffer): void {
    const length = this.#session.peer.endpoint.unprotectRtcp(packet);
    if (length > 0 && requestedKeyframes(packet, length).length > 0) this.#layer.requestKeyframe();
  }

  /** Stops without a word to anybody. */
  vanish(): void {
    this.pause();
    this.#session.peer.vanish();
  }

  async leave(): Promise<void> {
    this.pause();
    await this.#session.leave();
  }
}
