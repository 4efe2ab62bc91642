import { randomInt, randomUUID } from 'node:crypto';
import { createPacedSource, type PacedSource } from '../load/paced-source.ts';
import { requestedKeyframes } from '../peer/rtcp-channel.ts';
import { RtpSender } from '../peer/rtp-sender.ts';
import { FIRST_MID, MID_EXTENSION_ID, RID_EXTENSION_ID } from '../sdp/local-media.ts';
import type { RemoteTrack } from '../sfu-api.ts';
import { type LoadContext, LoadSession } from './load-session.ts';
import { randomFirstSequenceNumber, VideoLayer } from './video-layer.ts';

/** One simulcast layer. Lists have the lowest first, as in browsers. */
interface LayerOptions {
  readonly rid: string;
  readonly packetsPerSecond: number;
  readonly payloadBytes: number;
}

const LAYERS: readonly LayerOptions[] = [
  { rid: 'q', packetsPerSecond: 30, payloadBytes: 500 },
  { rid: 'h', packetsPerSecond: 60, payloadBytes: 800 },
  { rid: 'f', packetsPerSecond: 120, payloadBytes: 1100 },
];

/** The rids of every simulcast client's track, lowest layer first. */
export const SIMULCAST_RIDS: readonly string[] = LAYERS.map(({ rid }) => rid);

/** Publishes one video track in three layers; each layer sends a keyframe first, and whenever the SFU requests one. */
export class SimulcastClient {
  readonly #session: LoadSession;
  readonly #layers: ReadonlyMap<number, VideoLayer>;
  readonly #sources: readonly PacedSource[];
  readonly track: RemoteTrack;

  private constructor(session: LoadSession, layers: ReadonlyMap<number, VideoLayer>, trackId: string) {
    this.#session = session;
    this.#layers = layers;
    this.#sources = [...layers.values()].map((layer, index) =>
      createPacedSource(LAYERS[index]?.packetsPerSecond ?? 1, () => layer.sendPacket()),
    );
    this.track = { remoteSessionId: session.sessionId, remoteTrackId: trackId };
  }

  static async join(context: LoadContext): Promise<SimulcastClient> {
    const trackId = randomUUID();
    let client: SimulcastClient | undefined;
    const listener = { onSrtp() {}, onSrtcp: (packet: Buffer) => client?.handleSrtcp(packet) };
    const track = { streamId: randomUUID(), trackId, encodings: { rids: SIMULCAST_RIDS } };
    const session = await LoadSession.join(context, { listener, track });
    client = new SimulcastClient(session, openLayers(context, session), trackId);
    return client;
  }

  /** Packets of all layers. */
  get sent(): number {
    return [...this.#layers.values()].reduce((sum, { sent }) => sum + sent, 0);
  }

  start(): void {
    for (const source of this.#sources) source.start();
  }

  pause(): void {
    for (const source of this.#sources) source.pause();
  }

  handleSrtcp(packet: Buffer): void {
    const length = this.#session.peer.endpoint.unprotectRtcp(packet);
    if (length > 0) for (const ssrc of requestedKeyframes(packet, length)) this.#layers.get(ssrc)?.requestKeyframe();
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

function openLayers({ suite }: LoadContext, { peer }: LoadSession): ReadonlyMap<number, VideoLayer> {
  return new Map(
    LAYERS.map(({ rid, packetsPerSecond, payloadBytes }) => {
      const ssrc = randomInt(1, 2 ** 32);
      const extensions = [
        { id: MID_EXTENSION_ID, value: Buffer.from(FIRST_MID) },
        { id: RID_EXTENSION_ID, value: Buffer.from(rid) },
      ];
      const sender = new RtpSender(suite, peer, { ssrc, firstSequenceNumber: randomFirstSequenceNumber(), extensions });
      return [ssrc, new VideoLayer(sender, packetsPerSecond, payloadBytes)];
    }),
  );
}
