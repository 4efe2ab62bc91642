import { randomInt, randomUUID } from 'node:crypto';
import type { SecureSuite } from '@causeway/media';
import { monotonicMs } from '../load/monotonic-clock.ts';
import { createPacedSource, type PacedSource } from '../load/paced-source.ts';
import { frameNumber, isFrameEnd, isFrameStart, MIN_PAYLOAD_BYTES, PACKETS_PER_FRAME, writeVideoPayload } from '../load/video-payload.ts';
import { hasKeyframeRequest } from '../peer/keyframe-request.ts';
import { RtpSender } from '../peer/rtp-sender.ts';
import { VIDEO_CLOCK_RATE_HZ, VIDEO_PAYLOAD_TYPE } from '../sdp/local-media.ts';
import type { RemoteTrack } from '../sfu-api.ts';
import { type LoadContext, LoadSession } from './load-session.ts';

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
  readonly #sender: RtpSender;
  readonly #source: PacedSource;
  readonly #payloadBytes: number;
  readonly #ticksPerFrame: number;
  readonly track: RemoteTrack;
  #sent = 0;
  #isKeyframeWanted = true;
  #isSendingKeyframe = false;

  private constructor(session: LoadSession, sender: RtpSender, trackId: string, options: PublishOptions) {
    this.#session = session;
    this.#sender = sender;
    this.#payloadBytes = options.packetBytes - RTP_HEADER_BYTES;
    this.#ticksPerFrame = Math.round((VIDEO_CLOCK_RATE_HZ * PACKETS_PER_FRAME) / options.packetsPerSecond);
    this.#source = createPacedSource(options.packetsPerSecond, () => this.#sendPacket());
    this.track = { remoteSessionId: session.sessionId, remoteTrackId: trackId };
  }

  /** @throws RangeError – when the packet size is too small to check or too large to send */
  static async join(context: LoadContext, options: PublishOptions): Promise<PublishingClient> {
    const minPacketBytes = RTP_HEADER_BYTES + MIN_PAYLOAD_BYTES;
    if (options.packetBytes < minPacketBytes || options.packetBytes > MAX_PACKET_BYTES) {
      throw new RangeError(`Packets must have ${minPacketBytes} to ${MAX_PACKET_BYTES} bytes, not ${options.packetBytes}`);
    }
    const offered = { streamId: randomUUID(), trackId: randomUUID(), ssrc: randomInt(1, 2 ** 32) };
    let client: PublishingClient | undefined;
    const listener = { onSrtp() {}, onSrtcp: (packet: Buffer) => client?.handleSrtcp(packet) };
    const session = await LoadSession.join(context, { listener, track: offered });
    client = new PublishingClient(session, openSender(context.suite, session, offered.ssrc), offered.trackId, options);
    return client;
  }

  get sent(): number {
    return this.#sent;
  }

  start(): void {
    this.#source.start();
  }

  pause(): void {
    this.#source.pause();
  }

  handleSrtcp(packet: Buffer): void {
    const length = this.#session.peer.endpoint.unprotectRtcp(packet);
    if (length > 0 && hasKeyframeRequest(packet, length)) this.#isKeyframeWanted = true;
  }

  async leave(): Promise<void> {
    this.pause();
    await this.#session.leave();
  }

  #sendPacket(): void {
    const counter = this.#sent++;
    if (isFrameStart(counter)) {
      this.#isSendingKeyframe = this.#isKeyframeWanted;
      this.#isKeyframeWanted = false;
    }
    const payload = { counter, sentAtMs: monotonicMs(), isKeyframe: this.#isSendingKeyframe && isFrameStart(counter) };
    const fields = {
      payloadType: VIDEO_PAYLOAD_TYPE,
      marker: isFrameEnd(counter),
      timestamp: (frameNumber(counter) * this.#ticksPerFrame) >>> 0,
      payloadBytes: this.#payloadBytes,
    };
    this.#sender.send(fields, (target) => writeVideoPayload(target, payload));
  }
}

/** Starts near the wrap, so that every run crosses it and the rollover counter counts. */
function openSender(suite: SecureSuite, session: LoadSession, ssrc: number): RtpSender {
  const firstSequenceNumber = randomInt(0xf000, 0x10000 - 0x100);
  return new RtpSender(suite, session.peer, ssrc, firstSequenceNumber);
}
