/** One publication: its encodings as they arrive, its payload types, and the router to its subscribers. */
import { type ExtendedSeq, RedPayload, type RtpView, readAudioLevel } from '@causeway/wire';
import { DropReason } from '../drop-reason.ts';
import type { EngineContext } from '../engine-context.ts';
import { MAX_LINK_TRACK_BITRATE_BPS, MAX_TRACK_BITRATE_BPS, NewStreamLimit, UploadLimit } from '../inbound-limits.ts';
import type { PublisherTrackPlan } from '../plan.ts';
import {
  AUDIO_LEVEL_KIND,
  ForwardedPacket,
  forwardedExtensionIds,
  indexCodecs,
  type PublisherCodec,
  TrackRouter,
} from '../router/track-router.ts';
import type { InboundRtp, SecureEndpoint } from '../secure-endpoint.ts';
import { SpeechMeter } from '../speech/speech-meter.ts';
import { LayerCatalogue, type LayerOption } from './layer-catalogue.ts';
import { ReceiveStream, type StreamPacket, type StreamPeer, type StreamTrack } from './receive-stream.ts';
import { KeyframePace } from './stream-keyframes.ts';

const INACTIVE_AFTER_MS = 30_000;

/** The peer that publishes. */
export interface PublishingPeer extends StreamPeer {
  readonly id: string;
  readonly account: string | undefined;
  readonly endpoint: Pick<SecureEndpoint, 'inbound'>;
  readonly receive: {
    closeStream(nowMs: number, stream: ReceiveStream): void;
    /** Must be called before the streams of the track are closed. */
    removeTrack(track: PublisherTrack): void;
    endSsrcs(nowMs: number, inbound: InboundRtp, ssrcs: readonly number[]): void;
  };
  /** Called when a publication or subscription was added or removed. */
  tracksChanged(): void;
}

export class PublisherTrack implements StreamTrack {
  readonly transport: PublishingPeer;
  readonly router: TrackRouter<ReceiveStream, StreamPacket>;
  readonly uploadLimit: UploadLimit;
  readonly keyframePace: KeyframePace | undefined;
  readonly #newStreams = new NewStreamLimit();
  readonly #catalogue = new LayerCatalogue();
  readonly #context: EngineContext;
  /** Created with the first packet, since a session may have hundreds of tracks that never send one. */
  #packet: StreamPacket | undefined = undefined;
  /** Separate from `#packet`, which may still be on its way to the subscribers when one of them reloads another. */
  #reloaded: StreamPacket | undefined = undefined;
  #plan: PublisherTrackPlan;
  #codecs: readonly (PublisherCodec | undefined)[];
  #extensionIds: Uint8Array;
  #streams: readonly ReceiveStream[] = [];
  /** Created with the first packet of RED. */
  #red: RedPayload | undefined = undefined;
  /** Created with the first level. Copies are measured where their publisher is. */
  #speech: SpeechMeter | undefined = undefined;
  /** Bytes received on streams that have been replaced. */
  #bytesBefore = 0;
  #activity: 'pending' | 'active' | 'inactive' = 'pending';

  constructor(context: EngineContext, transport: PublishingPeer, plan: PublisherTrackPlan) {
    this.#context = context;
    this.transport = transport;
    this.router = new TrackRouter(this);
    this.uploadLimit = new UploadLimit(transport.isLink ? MAX_LINK_TRACK_BITRATE_BPS : MAX_TRACK_BITRATE_BPS);
    // Nodes along a relay forward each request. Only the publisher's own node spaces them.
    this.keyframePace = transport.isLink ? undefined : new KeyframePace();
    this.#plan = plan;
    this.#codecs = indexCodecs(plan.codecs);
    this.#extensionIds = forwardedExtensionIds(plan.extensions);
    this.#expectAnnounced();
  }

  get plan(): PublisherTrackPlan {
    return this.#plan;
  }

  /** The encodings that have arrived so far, in order of arrival; one unless the publisher sends simulcast. */
  get streams(): readonly ReceiveStream[] {
    return this.#streams;
  }

  /** Bytes of whole RTP packets of all encodings, without retransmissions. */
  get bytesReceived(): number {
    return this.#streams.reduce((sum, { statistics }) => sum + statistics.bytesReceived, this.#bytesBefore);
  }

  update(plan: PublisherTrackPlan): void {
    this.#plan = plan;
    this.#codecs = indexCodecs(plan.codecs);
    this.#extensionIds = forwardedExtensionIds(plan.extensions);
    this.#expectAnnounced();
  }

  /** Whether an encoding may start under a new SSRC now. Each start costs memory here, and a keyframe for every subscriber. */
  mayOpenStream(nowMs: number): boolean {
    return this.#newStreams.admit(nowMs);
  }

  codecOf(payloadType: number): PublisherCodec | undefined {
    return this.#codecs[payloadType];
  }

  /** Adds the stream of an encoding. If the encoding has changed its SSRC, this replaces the old stream (RFC 3550 §8.2). */
  openStream(nowMs: number, ssrc: number, rid: string, codec: PublisherCodec): ReceiveStream {
    const stream = new ReceiveStream(this.#context, this, ssrc, rid, codec.plan);
    const replaced = this.#streams.find((candidate) => candidate.rid === rid);
    if (replaced) {
      this.#bytesBefore += replaced.statistics.bytesReceived;
      this.transport.receive.closeStream(nowMs, replaced);
    }
    this.#streams = [...this.#streams.filter((candidate) => candidate !== replaced), stream];
    this.#updateLayers(nowMs, stream);
    this.router.layersChanged(nowMs);
    return stream;
  }

  /** Forwards an accepted packet to the router, parsed once for all subscribers. */
  route(nowMs: number, stream: ReceiveStream, codec: PublisherCodec, view: RtpView, sequence: ExtendedSeq, isKeyframe: boolean): void {
    if (this.#packet === undefined) this.#packet = new ForwardedPacket();
    const packet = this.#packet;
    if (!this.#load(packet, stream, codec, view, sequence)) {
      this.#context.drops.increment(DropReason.RtpMalformed);
      return;
    }
    if (this.#activity !== 'active') this.#setActivity('active');
    packet.isKeyframe = isKeyframe;
    if (isKeyframe) packet.noteSize();
    const { temporalId, spatialId = 0 } = packet;
    if (temporalId !== undefined) stream.noteLayers(spatialId, temporalId, view.length, view.marker);
    if (packet.extensionLength[AUDIO_LEVEL_KIND] > 0 && !this.transport.isLink) this.#noteLevel(nowMs, packet);
    this.router.forward(nowMs, packet);
  }

  /**
   * Prepares a packet from a stream's history to be forwarded again. The result is valid until the next call.
   *
   * @returns undefined if its codec is no longer negotiated
   */
  reload(stream: ReceiveStream, view: RtpView, sequence: ExtendedSeq): StreamPacket | undefined {
    const codec = this.codecOf(view.payloadType);
    if (codec === undefined) return undefined;
    this.#reloaded ??= new ForwardedPacket();
    return this.#load(this.#reloaded, stream, codec, view, sequence) ? this.#reloaded : undefined;
  }

  /** Called once a second. Detects silence, releases old packets and updates the layers. */
  housekeep(nowMs: number): void {
    let heardMs = Number.NEGATIVE_INFINITY;
    for (const stream of this.#streams) {
      heardMs = Math.max(heardMs, stream.lastPacketMs);
      stream.releaseOldPackets(nowMs);
    }
    if (this.#activity === 'active' && nowMs - heardMs > INACTIVE_AFTER_MS) this.#setActivity('inactive');
    this.#updateLayers(nowMs);
  }

  /** The ways in which this publication can be forwarded at present, in ascending quality. */
  layerOptions(nowMs: number): readonly LayerOption[] {
    if (!this.#catalogue.isFresh(nowMs)) this.#updateLayers(nowMs);
    return this.#catalogue.options;
  }

  streamEnded(nowMs: number): void {
    this.#updateLayers(nowMs);
    this.router.layersChanged(nowMs);
  }

  close(nowMs: number): void {
    if (this.#speech !== undefined) this.#context.speech.forget(this.#speech);
    this.router.close(nowMs);
    for (const stream of this.#streams) this.transport.receive.closeStream(nowMs, stream);
    this.#streams = [];
    const { receive, endpoint } = this.transport;
    receive.endSsrcs(nowMs, endpoint.inbound, announcedSsrcs(this.#plan));
  }

  /** @returns false if it is RED that cannot be read, or holds something other than a codec of the track */
  #load(packet: StreamPacket, stream: ReceiveStream, codec: PublisherCodec, view: RtpView, sequence: ExtendedSeq): boolean {
    packet.load(stream, codec, view, sequence, this.#extensionIds);
    return !codec.isRed || this.#unwrapRed(packet, view);
  }

  #unwrapRed(packet: StreamPacket, { bytes, headerLength, payloadLength }: RtpView): boolean {
    this.#red ??= new RedPayload();
    if (!this.#red.read(bytes, headerLength, payloadLength)) return false;
    const inner = this.codecOf(this.#red.primaryPayloadType);
    if (inner === undefined || inner.isRed || inner.isRtx) return false;
    packet.unwrap(inner, this.#red.primaryStart, this.#red.primaryLength);
    return true;
  }

  #noteLevel(nowMs: number, { bytes, extensionOffset, extensionLength }: StreamPacket): void {
    const level = readAudioLevel(bytes, extensionOffset[AUDIO_LEVEL_KIND], extensionLength[AUDIO_LEVEL_KIND]);
    if (level === undefined || this.#plan.kind !== 'audio') return;
    this.#speech ??= new SpeechMeter(this.#plan.trackId);
    this.#context.speech.note(nowMs, this.#speech, level.levelDbov);
  }

  #expectAnnounced(): void {
    for (const ssrc of announcedSsrcs(this.#plan)) this.transport.endpoint.inbound.expect(ssrc);
  }

  /** @param opened a stream whose first packet is being handled */
  #updateLayers(nowMs: number, opened?: ReceiveStream): void {
    const present = this.#streams.filter((stream) => stream === opened || stream.isArriving(nowMs));
    const arriving = this.#streams.filter(
      (stream) => present.includes(stream) || present.some((other) => other.returnsBefore(nowMs, stream)),
    );
    const haveChanged = this.#catalogue.update(nowMs, arriving);
    if (!haveChanged || (this.#plan.rids.length === 0 && this.#streams.length < 2)) return;
    this.#context.onEvent({ type: 'layers-changed', trackId: this.#plan.trackId, rids: this.#catalogue.rids });
  }

  #setActivity(activity: 'active' | 'inactive'): void {
    this.#activity = activity;
    this.#context.onEvent({ type: 'track-activity', trackId: this.#plan.trackId, activity });
  }
}

function announcedSsrcs({ ssrcs }: PublisherTrackPlan): readonly number[] {
  return ssrcs.flatMap(({ ssrc, rtxSsrc }) => (rtxSsrc === undefined ? [ssrc] : [ssrc, rtxSsrc]));
}
