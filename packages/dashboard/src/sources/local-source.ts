export type SourceKind = 'camera' | 'test-picture';

export interface PictureSize {
  readonly widthPixels: number;
  readonly heightPixels: number;
}

/** A source to publish: running tracks, and a way to stop them. */
export interface LocalSource {
  readonly kind: SourceKind;
  /** In the order they are published. */
  readonly tracks: readonly { readonly track: MediaStreamTrack; readonly name: string }[];
  /** Shows another session id in the picture, if the source draws one. */
  relabel(label: string): void;
  stop(): void;
}

/** Quarter, half and full size. Lowest first, which is the order in which Chromium allocates bitrate to them. */
export const SIMULCAST_LAYERS: readonly RTCRtpEncodingParameters[] = [
  { rid: 'q', scaleResolutionDownBy: 4 },
  { rid: 'h', scaleResolutionDownBy: 2 },
  { rid: 'f', scaleResolutionDownBy: 1 },
];
