/**
 * Finds the stream and publication that a packet belongs to. An SSRC is bound when its first authenticated packet arrives: by the SDP that
 * announced it, by its MID and RID, or by a payload type that only one m-section uses, in this order. The last applies only to m-sections
 * that have announced no SSRCs.
 *
 * @see RFC 8843 §9.2 (BUNDLE demultiplexing), RFC 8852 (RID), RFC 4588 (RTX)
 */
import { MID_URI, REPAIRED_RTP_STREAM_ID_URI, RTP_STREAM_ID_URI, type RtpView, readMid, readRid } from '@causeway/wire';
import { DropReason } from '../drop-reason.ts';
import type { EngineContext } from '../engine-context.ts';
import type { UploadLimit } from '../inbound-limits.ts';
import type { PublisherCodec } from '../router/track-router.ts';
import type { InboundRtp } from '../secure-endpoint.ts';
import type { Timer } from '../timers.ts';
import type { PublisherTrack } from './publisher-track.ts';
import type { ReceiveStream } from './receive-stream.ts';

/** Bounds the state that a peer can create: three layers and their retransmissions for every publication, and some to spare. */
const SSRCS_PER_TRACK = 8;
const SPARE_SSRCS = 16;
/** How many SSRCs of closed tracks are remembered: those of ten tracks with three layers and their retransmissions. */
const MAX_FORMER_SSRCS = 64;

/**
 * For how long the packets of a track that has ended are still authenticated. On a link they keep coming until the other node has heard of
 * the end, and what is not authenticated is not reported as arrived, so that node would take its path for congested.
 */
const ENDING_FOR_MS = 1_000;

/** The track and encoding that an SSRC was bound to. */
interface FormerBinding {
  readonly mid: string;
  readonly rid: string;
}

export class ReceiveDemux {
  readonly #context: EngineContext;
  readonly #bindsAnnouncedOnly: boolean;
  readonly #uploadLimit: UploadLimit | undefined;
  /** Undefined until the peer publishes, as are the maps below. */
  #tracks: Map<string, PublisherTrack> | undefined = undefined;
  /** Maps the SSRC of original packets or of retransmissions to the stream. */
  #bindings: Map<number, ReceiveStream> | undefined = undefined;
  /**
   * Bindings of closed tracks. A sender may continue with the same SSRC, and libwebrtc omits MID and RID once it knows that they have been
   * received.
   */
  #former: Map<number, FormerBinding> | undefined = undefined;
  /** Undefined until a track has ended, and for clients, whose SSRCs are not announced to the endpoint. */
  #ending: EndingSsrcs | undefined = undefined;
  #midId = 0;
  #ridId = 0;
  #repairedRidId = 0;

  /**
   * Creates the demultiplexer of one transport.
   *
   * @param bindsAnnouncedOnly true for links, where packets of a track that was just closed must not be taken for those of another with
   *   the same payload type
   * @param uploadLimit for all tracks together, in addition to the limit of each
   */
  constructor(context: EngineContext, bindsAnnouncedOnly: boolean, uploadLimit?: UploadLimit) {
    this.#context = context;
    this.#bindsAnnouncedOnly = bindsAnnouncedOnly;
    this.#uploadLimit = uploadLimit;
  }

  get tracks(): Iterable<PublisherTrack> {
    return this.#tracks?.values() ?? [];
  }

  get trackCount(): number {
    return this.#tracks?.size ?? 0;
  }

  /** Adds a publication's m-section, or updates it. Extension ids apply to the whole bundle (RFC 8843 §9.2). */
  putTrack(track: PublisherTrack): void {
    this.#tracks ??= new Map();
    this.#tracks.set(track.plan.mid, track);
    for (const { id, uri } of track.plan.extensions) {
      if (uri === MID_URI) this.#midId = id;
      else if (uri === RTP_STREAM_ID_URI) this.#ridId = id;
      else if (uri === REPAIRED_RTP_STREAM_ID_URI) this.#repairedRidId = id;
    }
  }

  /** Removes a track. Must be called before its streams are closed. */
  removeTrack(track: PublisherTrack): void {
    if (this.#tracks?.get(track.plan.mid) === track) this.#tracks.delete(track.plan.mid);
    if (this.#bindsAnnouncedOnly) return;
    for (const [ssrc, bound] of this.#bindings ?? [])
      if (bound.track === track) this.#remember(ssrc, { mid: track.plan.mid, rid: bound.rid });
  }

  /** Ends SSRCs that the endpoint expects, once their last packets have come. */
  endSsrcs(nowMs: number, inbound: InboundRtp, ssrcs: readonly number[]): void {
    if (!this.#bindsAnnouncedOnly) return;
    this.#ending ??= new EndingSsrcs(this.#context, inbound);
    this.#ending.add(nowMs, ssrcs);
  }

  close(): void {
    this.#ending?.close();
  }

  /** Hands the packet to its stream, or counts the reason why it was dropped. */
  receive(nowMs: number, view: RtpView): void {
    const stream = this.#bindings?.get(view.ssrc) ?? this.#bind(nowMs, view);
    if (stream === undefined) return;
    const codec = stream.track.codecOf(view.payloadType);
    if (codec === undefined) this.#context.drops.increment(DropReason.UnknownPayloadType);
    else if (!this.#admits(nowMs, stream, view.length)) this.#context.drops.increment(DropReason.OverUploadLimit);
    else if (codec.isRtx) stream.receiveRtx(nowMs, view, codec);
    else stream.receive(nowMs, view, codec);
  }

  #admits(nowMs: number, stream: ReceiveStream, sizeBytes: number): boolean {
    return stream.track.uploadLimit.admit(nowMs, sizeBytes) && this.#uploadLimit?.admit(nowMs, sizeBytes) !== false;
  }

  streamOf(ssrc: number): ReceiveStream | undefined {
    return this.#bindings?.get(ssrc);
  }

  closeStream(nowMs: number, stream: ReceiveStream): void {
    stream.close(nowMs);
    for (const [ssrc, bound] of this.#bindings ?? []) if (bound === stream) this.#bindings?.delete(ssrc);
  }

  #bind(nowMs: number, view: RtpView): ReceiveStream | undefined {
    if (this.#ending?.has(view.ssrc) === true) return this.#refuse(DropReason.UnknownSsrc);
    const track = this.#trackOf(view);
    const codec = track?.codecOf(view.payloadType);
    if (track === undefined || codec === undefined) return this.#refuse(DropReason.UnknownSsrc);
    this.#bindings ??= new Map();
    if (this.#bindings.size >= SPARE_SSRCS + SSRCS_PER_TRACK * this.trackCount) return this.#refuse(DropReason.TooManySsrcs);
    const rid = codec.isRtx ? undefined : this.#ridOf(view, track);
    if (rid !== undefined && !track.mayOpenStream(nowMs)) return this.#refuse(DropReason.TooManySsrcs);
    const stream = rid === undefined ? this.#repairedStreamOf(view, track, codec) : track.openStream(nowMs, view.ssrc, rid, codec);
    if (stream === undefined) return this.#refuse(DropReason.UnknownSsrc);
    this.#bindings.set(view.ssrc, stream);
    return stream;
  }

  #remember(ssrc: number, binding: FormerBinding): void {
    this.#former ??= new Map();
    this.#former.delete(ssrc);
    this.#former.set(ssrc, binding);
    if (this.#former.size <= MAX_FORMER_SSRCS) return;
    const [oldest] = this.#former.keys();
    if (oldest !== undefined) this.#former.delete(oldest);
  }

  #refuse(reason: DropReason): undefined {
    this.#context.drops.increment(reason);
    return undefined;
  }

  #trackOf(view: RtpView): PublisherTrack | undefined {
    const mid = view.findExtension(this.#midId) ? readMid(view.bytes, view.extensionOffset, view.extensionLength) : undefined;
    if (mid !== undefined) return this.#tracks?.get(mid);
    let byPayloadType: PublisherTrack | undefined;
    let candidates = 0;
    for (const track of this.tracks) {
      if (track.plan.ssrcs.some(({ ssrc, rtxSsrc }) => ssrc === view.ssrc || rtxSsrc === view.ssrc)) return track;
      const codec = track.codecOf(view.payloadType);
      if (this.#bindsAnnouncedOnly || codec === undefined || announcesAll(track, codec)) continue;
      byPayloadType = track;
      candidates++;
    }
    const former = this.#former?.get(view.ssrc);
    if (former === undefined) return candidates === 1 ? byPayloadType : undefined;
    const track = this.#tracks?.get(former.mid);
    const codec = track?.codecOf(view.payloadType);
    return track === undefined || codec === undefined || announcesAll(track, codec) ? undefined : track;
  }

  /**
   * Finds the RID of a packet: named in the packet, announced for its SSRC, or used by this SSRC before the track was closed.
   *
   * @returns an empty string without simulcast; a number for each further SSRC of the older form of simulcast, which only announces
   *   SSRCs; undefined if a RID is required and missing or unknown
   */
  #ridOf(view: RtpView, track: PublisherTrack): string | undefined {
    const { rids, ssrcs } = track.plan;
    const place = ssrcs.findIndex(({ ssrc }) => ssrc === view.ssrc);
    if (rids.length === 0) return place > 0 ? String(place) : '';
    const rid = readRidExtension(view, this.#ridId) ?? ssrcs[place]?.rid ?? this.#formerRid(view.ssrc, track);
    return rid !== undefined && rids.includes(rid) ? rid : undefined;
  }

  #formerRid(ssrc: number, { plan: { mid, rids } }: PublisherTrack): string | undefined {
    const former = this.#former?.get(ssrc);
    return former?.mid === mid && rids.includes(former.rid) ? former.rid : undefined;
  }

  /** @returns undefined if the packet is not a retransmission, or its stream does not exist */
  #repairedStreamOf(view: RtpView, track: PublisherTrack, codec: PublisherCodec): ReceiveStream | undefined {
    if (!codec.isRtx) return undefined;
    const rid = readRidExtension(view, this.#repairedRidId) ?? readRidExtension(view, this.#ridId) ?? this.#formerRid(view.ssrc, track);
    if (rid !== undefined) return track.streams.find((stream) => stream.rid === rid);
    const announced = track.plan.ssrcs.find(({ rtxSsrc }) => rtxSsrc === view.ssrc);
    if (announced) return track.streams.find((stream) => stream.ssrc === announced.ssrc);
    return track.streams.length === 1 ? track.streams[0] : undefined;
  }
}

/** The SSRCs of ended tracks of a link, in the order in which they end. */
class EndingSsrcs implements Timer {
  readonly #context: EngineContext;
  readonly #inbound: InboundRtp;
  readonly #waiting: { readonly ssrcs: readonly number[]; readonly endMs: number }[] = [];
  deadlineMs = Number.POSITIVE_INFINITY;
  heapIndex = -1;

  constructor(context: EngineContext, inbound: InboundRtp) {
    this.#context = context;
    this.#inbound = inbound;
  }

  add(nowMs: number, ssrcs: readonly number[]): void {
    this.#waiting.push({ ssrcs, endMs: nowMs + ENDING_FOR_MS });
    this.#schedule();
  }

  has(ssrc: number): boolean {
    return this.#waiting.some(({ ssrcs }) => ssrcs.includes(ssrc));
  }

  fire(nowMs: number): void {
    for (let first = this.#waiting[0]; first !== undefined && first.endMs <= nowMs; first = this.#waiting[0]) {
      for (const ssrc of first.ssrcs) this.#inbound.end(ssrc);
      this.#waiting.shift();
    }
    this.#schedule();
  }

  fail(): void {
    this.#context.drops.increment(DropReason.Defect);
  }

  close(): void {
    this.#context.timers.cancel(this);
  }

  #schedule(): void {
    this.#context.timers.schedule(this.#waiting[0]?.endMs ?? Number.POSITIVE_INFINITY, this);
  }
}

/**
 * Whether all SSRCs that such packets may have are known. A packet with any other is from a closed track whose sender does not know yet.
 */
function announcesAll({ plan: { ssrcs } }: PublisherTrack, { isRtx }: PublisherCodec): boolean {
  return ssrcs.some(({ rtxSsrc }) => !isRtx || rtxSsrc !== undefined);
}

function readRidExtension(view: RtpView, extensionId: number): string | undefined {
  return view.findExtension(extensionId) ? readRid(view.bytes, view.extensionOffset, view.extensionLength) : undefined;
}
