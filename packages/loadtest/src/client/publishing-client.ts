import { randomInt, randomUUID } from 'node:crypto';
import { MIN_AUDIO_PAYLOAD_BYTES } from '../load/audio-payload.ts';
import { DueTimes } from '../load/due-times.ts';
import { createPacedSource, type PacedSource } from '../load/paced-source.ts';
import { SendSchedule } from '../load/send-schedule.ts';
import { MIN_PAYLOAD_BYTES, PACKETS_PER_FRAME } from '../load/video-payload.ts';
import type { RemoteAddress } from '../peer/ice-client.ts';
import { requestedKeyframes } from '../peer/rtcp-channel.ts';
import { RtpSender } from '../peer/rtp-sender.ts';
import type { RemoteTrack } from '../sfu-api.ts';
import { AudioTrack } from './audio-track.ts';
import { type LoadContext, LoadSession } from './load-session.ts';
import { randomFirstSequenceNumber, VideoLayer } from './video-layer.ts';

const RTP_HEADER_BYTES = 12;
/** Room for the SRTP tag of 10 bytes within an Ethernet frame, as browsers leave it. */
const MAX_PACKET_BYTES = 1400;

export interface PublishOptions {
  /** Default: video. */
  readonly kind?: 'audio' | 'video';
  readonly packetsPerSecond: number;
  /** Length of the RTP packet before SRTP adds its tag. */
  readonly packetBytes: number;
  /**
   * `even` spaces all packets equally; `frames` sends in bursts, as browsers do, with a random phase
   * of its own (`DueTimes`, `SendSchedule`). Default: even.
   */
  readonly timing?: 'even' | 'frames';
}

/**
 * Shared by all publishers of this process: while one waits for a packet to fall due, it also sends packets of the others that fall due
 * before it.
 */
const schedule = new SendSchedule();

/** Publishes one track; video sends a keyframe first, and whenever the SFU asks for one. */
export class PublishingClient {
  readonly #session: LoadSession;
  readonly #stream: VideoLayer | AudioTrack;
  readonly #source: PacedSource;
  readonly track: RemoteTrack;

  private constructor(session: LoadSession, stream: VideoLayer | AudioTrack, trackId: string, options: PublishOptions) {
    this.#session = session;
    this.#stream = stream;
    this.#source = createSource(options, () => stream.sendPacket());
    this.track = { remoteSessionId: session.sessionId, remoteTrackId: trackId };
  }

  /** @throws RangeError – when the packet size is too small to check or too large to send */
  static async join(context: LoadContext, options: PublishOptions): Promise<PublishingClient> {
    const { kind = 'video', packetsPerSecond, packetBytes } = options;
    const minPacketBytes = RTP_HEADER_BYTES + (kind === 'audio' ? MIN_AUDIO_PAYLOAD_BYTES : MIN_PAYLOAD_BYTES);
    if (packetBytes < minPacketBytes || packetBytes > MAX_PACKET_BYTES) {
      throw new RangeError(`Packets must have ${minPacketBytes} to ${MAX_PACKET_BYTES} bytes, not ${packetBytes}`);
    }
    const ssrc = randomInt(1, 2 ** 32);
    const trackId = randomUUID();
    let client: PublishingClient | undefined;
    const listener = { onSrtp() {}, onSrtcp: (packet: Buffer) => client?.handleSrtcp(packet) };
    const track = { kind, streamId: randomUUID(), trackId, encodings: { ssrc } };
    const session = await LoadSession.join(context, { listener, track });
    const sender = new RtpSender(context.suite, session.peer, { ssrc, firstSequenceNumber: randomFirstSequenceNumber() });
    const Stream = kind === 'audio' ? AudioTrack : VideoLayer;
    client = new PublishingClient(session, new Stream(sender, packetsPerSecond, packetBytes - RTP_HEADER_BYTES), trackId, options);
    return client;
  }

  /** ICE user fragment of the SFU. */
  get remoteUfrag(): string {
    return this.#session.remoteUfrag;
  }

  /** Where the SFU sends its feedback to. */
  get localAddress(): RemoteAddress | undefined {
    return this.#session.peer.localAddress;
  }

  get sent(): number {
    return this.#stream.sent;
  }

  start(): void {
    this.#source.start();
  }

  pause(): void {
    this.#source.pause();
  }

  handleSrtcp(packet: Buffer): void {
    const length = this.#session.peer.endpoint.unprotectRtcp(packet);
    if (length > 0 && requestedKeyframes(packet, length).length > 0) this.#stream.requestKeyframe();
  }

  /** Stops silently, without closing the session. */
  vanish(): void {
    this.pause();
    this.#session.peer.vanish();
  }

  async leave(): Promise<void> {
    this.pause();
    await this.#session.leave();
  }
}

function createSource({ kind, packetsPerSecond, timing }: PublishOptions, sendPacket: () => void): PacedSource {
  if (timing !== 'frames') return createPacedSource(packetsPerSecond, sendPacket);
  const packetsPerFrame = kind === 'audio' ? 1 : PACKETS_PER_FRAME;
  return schedule.createSource(() => new DueTimes({ packetsPerSecond, packetsPerFrame, phase: Math.random() }), sendPacket);
}
