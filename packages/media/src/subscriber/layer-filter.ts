/**
 * Leaves the upper temporal and spatial layers of a stream out. What is left needs nothing of what is
 * missing, so going down takes effect with the next picture. Going up has to wait for a picture that
 * needs nothing that was left out: for a spatial layer that is a keyframe.
 *
 * @see RFC 7741 §4.2 (TID and Y), RFC 9628 §4.2 (TID, U and SID)
 */
import { timestampDistance } from '@causeway/wire';
import { ALL_LAYERS } from '../publisher/layer-catalogue.ts';

/** What the filter looks at of a packet. */
export interface LayeredPacket {
  readonly timestamp: number;
  /** It begins a keyframe. */
  readonly isKeyframe: boolean;
  /** Undefined if the packet does not tell. */
  readonly temporalId: number | undefined;
  readonly spatialId: number | undefined;
  /** Its frame refers to the base layer alone: one may go up to its temporal layer with it. */
  readonly isLayerSync: boolean;
  /** Later pictures of higher temporal layers need nothing before this one. */
  readonly isSwitchingUp: boolean;
  /** The last packet of its spatial layer in this picture. */
  readonly isFrameEnd: boolean;
}

interface Limits {
  temporal: number;
  spatial: number;
}

export class LayerFilter {
  readonly #wanted: Limits = { temporal: ALL_LAYERS, spatial: ALL_LAYERS };
  /** What is passed on of the newest picture, and of those before it. */
  readonly #now: Limits = { temporal: ALL_LAYERS, spatial: ALL_LAYERS };
  readonly #before: Limits = { temporal: ALL_LAYERS, spatial: ALL_LAYERS };
  #newestTimestamp: number | undefined = undefined;
  #mayGoUp = false;

  /** The highest layers that are passed on now. */
  get temporalLimit(): number {
    return this.#now.temporal;
  }

  get spatialLimit(): number {
    return this.#now.spatial;
  }

  /** Chooses the highest layers that are to be passed on as soon as may be. */
  want(spatial: number, temporal: number): void {
    this.#wanted.spatial = spatial;
    this.#wanted.temporal = temporal;
  }

  /** The stream begins again with a keyframe: every layer may follow. */
  restart(): void {
    Object.assign(this.#now, this.#wanted);
    Object.assign(this.#before, this.#wanted);
    this.#newestTimestamp = undefined;
    this.#mayGoUp = false;
  }

  /** @returns whether the packet is to be sent; the same for all packets of a frame */
  admits(packet: LayeredPacket): boolean {
    const { temporalId = 0, spatialId = 0 } = packet;
    const limits = this.#limitsFor(packet);
    return temporalId <= limits.temporal && spatialId <= limits.spatial;
  }

  /** Whether this is the last packet that is sent of its picture, for what follows of it is left out. */
  endsPicture({ timestamp, isFrameEnd, spatialId }: LayeredPacket): boolean {
    if (!isFrameEnd || spatialId === undefined || this.#newestTimestamp === undefined) return false;
    const isEarlier = timestampDistance(this.#newestTimestamp, timestamp) < 0;
    return spatialId === (isEarlier ? this.#before : this.#now).spatial;
  }

  #limitsFor(packet: LayeredPacket): Limits {
    const newest = this.#newestTimestamp;
    const distance = newest === undefined ? 1 : timestampDistance(newest, packet.timestamp);
    if (distance < 0) return this.#before;
    if (distance > 0) this.#beginPicture(packet);
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
