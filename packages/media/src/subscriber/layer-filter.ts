/**
 * Drops the upper temporal and spatial layers of a stream. The layers that remain do not depend on those that are dropped, so a lower limit
 * takes effect with the next picture. A higher one has to wait for a picture that does not depend on anything dropped; for a spatial layer,
 * that is a keyframe.
 *
 * @see RFC 7741 §4.2 (TID and Y), RFC 9628 §4.2 (TID, U and SID)
 */
import { ALL_LAYERS } from '../publisher/layer-catalogue.ts';
import { isNewerTimestamp } from './sequence-rewriter.ts';

/** The properties of a packet that the filter reads. */
export interface LayeredPacket {
  readonly timestamp: number;
  /** Whether the packet starts a keyframe. */
  readonly isKeyframe: boolean;
  /** Undefined if the packet does not say. */
  readonly temporalId: number | undefined;
  readonly spatialId: number | undefined;
  /** Whether the frame depends on the base layer only, so that the limit may be raised to its temporal layer here. */
  readonly isLayerSync: boolean;
  /** Whether later pictures of higher temporal layers depend on nothing before this picture. */
  readonly isSwitchingUp: boolean;
  /** Whether this is the last packet of its spatial layer in this picture. */
  readonly isFrameEnd: boolean;
}

interface Limits {
  temporal: number;
  spatial: number;
}

export class LayerFilter {
  readonly #wanted: Limits = { temporal: ALL_LAYERS, spatial: ALL_LAYERS };
  /** The limits for the newest picture, and for the ones before it. */
  readonly #now: Limits = { temporal: ALL_LAYERS, spatial: ALL_LAYERS };
  readonly #before: Limits = { temporal: ALL_LAYERS, spatial: ALL_LAYERS };
  #newestTimestamp: number | undefined = undefined;
  #mayGoUp = false;

  /** The highest layers that are forwarded at present. */
  get temporalLimit(): number {
    return this.#now.temporal;
  }

  get spatialLimit(): number {
    return this.#now.spatial;
  }

  /** Sets the highest layers to forward. They take effect as soon as the stream allows. */
  want(spatial: number, temporal: number): void {
    this.#wanted.spatial = spatial;
    this.#wanted.temporal = temporal;
  }

  /** Applies the wanted limits at once, because the stream restarts with a keyframe. */
  restart(): void {
    Object.assign(this.#now, this.#wanted);
    Object.assign(this.#before, this.#wanted);
    this.#newestTimestamp = undefined;
    this.#mayGoUp = false;
  }

  /** @returns whether the packet is to be sent; the answer is the same for all packets of a frame */
  admits(packet: LayeredPacket): boolean {
    const { temporalId = 0, spatialId = 0 } = packet;
    const limits = this.#limitsFor(packet);
    return temporalId <= limits.temporal && spatialId <= limits.spatial;
  }

  /** Whether this is the last packet of its picture that is sent, because the layers above it are dropped. */
  endsPicture({ timestamp, isFrameEnd, spatialId }: LayeredPacket): boolean {
    if (!isFrameEnd || spatialId === undefined || this.#newestTimestamp === undefined) return false;
    const isEarlier = timestamp !== this.#newestTimestamp && !isNewerTimestamp(this.#newestTimestamp, timestamp);
    return spatialId === (isEarlier ? this.#before : this.#now).spatial;
  }

  #limitsFor(packet: LayeredPacket): Limits {
    const newest = this.#newestTimestamp;
    if (newest === undefined || isNewerTimestamp(newest, packet.timestamp)) this.#beginPicture(packet);
    else if (packet.timestamp !== newest) return this.#before;
    if (packet.isSwitchingUp && (packet.temporalId ?? 0) <= this.#now.temporal) this.#mayGoUp = true;
    return this.#now;
  }

  #beginPicture({ timestamp, isKeyframe, isLayerSync, temporalId = 0 }: LayeredPacket): void {
    this.#newestTimestamp = timestamp;
    Object.assign(this.#before, this.#now);
    const { temporal, spatial } = this.#wanted;
    if (isKeyframe || spatial < this.#now.spatial) this.#now.spatial = spatial;
    if (isKeyframe || this.#mayGoUp || temporal < this.#now.temporal) this.#now.temporal = temporal;
    else if (isLayerSync && temporalId > this.#now.temporal && temporalId <= temporal) this.#now.temporal = temporalId;
    this.#mayGoUp = false;
  }
}
