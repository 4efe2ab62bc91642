/** What the console shows about one stream. `undefined` means "not known (yet)", never zero. */
export interface StreamReading {
  readonly mid: string;
  readonly kind: 'audio' | 'video';
  /** Simulcast layer of an outgoing stream. */
  readonly rid: string | undefined;
  /** `VP8`, `opus`. */
  readonly codec: string | undefined;
  readonly bitrateBps: number | undefined;
  readonly widthPixels: number | undefined;
  readonly heightPixels: number | undefined;
  readonly framesPerSecond: number | undefined;
  /** Share of the packets of the last interval that did not arrive: 0 to 1. */
  readonly lossRatio: number | undefined;
  readonly jitterMs: number | undefined;
  readonly roundTripMs: number | undefined;
  /** Freezes since the stream began; only for received video. */
  readonly freezeCount: number | undefined;
  /** Why the encoder sends less than it could; only for sent video. `none` is left out. */
  readonly limitedBy: string | undefined;
}

export interface TransportReading {
  readonly roundTripMs: number | undefined;
  readonly receivedBps: number | undefined;
  readonly sentBps: number | undefined;
}

export interface Readings {
  readonly transport: TransportReading;
  /** Keyed by mid. */
  readonly received: ReadonlyMap<string, StreamReading>;
  /** Keyed by mid. Simulcast has several, of which the one with the largest picture comes first. */
  readonly sent: ReadonlyMap<string, readonly StreamReading[]>;
}

export const NO_READINGS: Readings = {
  transport: { roundTripMs: undefined, receivedBps: undefined, sentBps: undefined },
  received: new Map(),
  sent: new Map(),
};
