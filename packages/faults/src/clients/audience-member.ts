import {
  type LoadContext,
  LoadSession,
  monotonicMs,
  type RemoteAddress,
  type RemoteSource,
  type RemoteTrack,
  RtcpChannel,
} from '@causeway/loadtest';
import { RtpView, writePli, writeReceiverReport } from '@causeway/wire';
import { socketName } from '../wire/udp-reader.ts';
import type { ToldPeer } from '../wire/wire-judge.ts';
import type { MediaKind, MemberFigures } from './audience-verbs.ts';
import { WatchedStream } from './watched-stream.ts';

const OWN_SSRC = 1;
const MAX_RTCP_BYTES = 64;

/** A subscriber of several tracks that decrypts everything, checks every byte, and asks for keyframes as a browser does. */
export class AudienceMember {
  readonly #view = new RtpView();
  /** The streams by their SSRC. */
  readonly #streams = new Map<number, WatchedStream>();
  #session: LoadSession | undefined;
  #rtcp: RtcpChannel | undefined;
  #corrupted = 0;

  /** Resolves when it is subscribed. */
  static async join(context: LoadContext, tracks: readonly RemoteTrack[]): Promise<AudienceMember> {
    const member = new AudienceMember();
    const listener = { onSrtp: (packet: Buffer) => member.#takeRtp(packet), onSrtcp() {} };
    member.#session = await LoadSession.join(context, { listener });
    member.#rtcp = new RtcpChannel(context.suite, member.#session.peer);
    await member.#session.subscribe(...tracks);
    return member;
  }

  get told(): ToldPeer {
    return toldPeer(this.#session?.peer.localAddress, this.#session?.announcedSources ?? []);
  }

  beginWindow(): void {
    for (const stream of this.#streams.values()) stream.beginWindow(monotonicMs());
  }

  awaitMovement(): void {
    for (const stream of this.#streams.values()) stream.awaitMovement(monotonicMs());
  }

  figures(): MemberFigures {
    const nowMs = monotonicMs();
    return { streams: [...this.#streams.values()].map((stream) => stream.figures(nowMs)), corrupted: this.#corrupted };
  }

  async leave(): Promise<void> {
    await this.#session?.leave();
  }

  #takeRtp(packet: Buffer): void {
    const length = this.#session?.peer.endpoint.inbound.unprotectRtp(packet) ?? 0;
    if (length <= 0 || !this.#view.read(packet, length)) {
      this.#corrupted++;
      return;
    }
    const { ssrc, headerLength, payloadLength } = this.#view;
    // A packet with only padding is a bandwidth probe.
    if (payloadLength === 0) return;
    const stream = this.#streamOf(ssrc);
    const nowMs = monotonicMs();
    if (stream?.take(packet.subarray(headerLength, headerLength + payloadLength), nowMs) !== true) this.#corrupted++;
    else if (stream.takeKeyframeWish(nowMs)) this.#requestKeyframe(ssrc);
  }

  /** @returns undefined for a stream that was never announced */
  #streamOf(ssrc: number): WatchedStream | undefined {
    const known = this.#streams.get(ssrc);
    if (known !== undefined) return known;
    const source = this.#session?.announcedSources.find((candidate) => candidate.ssrc === ssrc);
    if (source === undefined) return undefined;
    const stream = new WatchedStream(source.trackId, source.kind as MediaKind);
    this.#streams.set(ssrc, stream);
    return stream;
  }

  #requestKeyframe(ssrc: number): void {
    const packet = new Uint8Array(MAX_RTCP_BYTES);
    const end = writePli(packet, writeReceiverReport(packet, 0, { senderSsrc: OWN_SSRC, reports: [] }), {
      senderSsrc: OWN_SSRC,
      mediaSsrc: ssrc,
    });
    this.#rtcp?.send(packet.subarray(0, end));
  }
}

/** Describes a client for the judge of the wire. */
export function toldPeer(local: RemoteAddress | undefined, sources: readonly RemoteSource[]): ToldPeer {
  return {
    sockets: local === undefined ? [] : [socketName(local.address, local.port)],
    ssrcs: sources.map(({ ssrc }) => ssrc),
  };
}
