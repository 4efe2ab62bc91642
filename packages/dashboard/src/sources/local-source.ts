export type SourceKind = 'camera' | 'test-picture';

export interface PictureSize {
  readonly widthPixels: number;
  readonly heightPixels: number;
}

/** Something to publish: running tracks and the means to end them. */
export interface LocalSource {
  readonly kind: SourceKind;
  /** In the order they are published. */
  readonly tracks: readonly { readonly track: MediaStreamTrack; readonly name: string }[];
  /** Shows another session id in the picture, where there is a place for it. */
  relabel(label: string): void;
  stop(): void;
}

/** Quarter, half and full size. Lowest first: that is the order in which Chromium gives them bitrate. */
export const SIMULCAST_LAYERS: readonly RTCRtpEncodingParameters[] = [
  { rid: 'q', scaleResolutionDownBy: 4 },
  { rid: 'h', scaleResolutionDownBy: 2 },
  { rid: 'f', scaleResolutionDownBy: 1 },
];
