/** One `getStats()` report, reduced to the entries and fields that the console reads. @see W3C webrtc-stats */

/** Field names are those of the standard; every browser leaves some out. */
export interface StatsEntry {
  readonly id: string;
  readonly type: string;
  readonly timestamp: number;
  readonly kind?: string;
  readonly mid?: string;
  readonly rid?: string;
  readonly ssrc?: number;
  readonly bytesReceived?: number;
  readonly bytesSent?: number;
  readonly packetsReceived?: number;
  readonly packetsLost?: number;
  /** Seconds. */
  readonly jitter?: number;
  readonly framesDecoded?: number;
  readonly framesSent?: number;
  readonly framesEncoded?: number;
  readonly framesPerSecond?: number;
  readonly frameWidth?: number;
  readonly frameHeight?: number;
  readonly freezeCount?: number;
  readonly lastPacketReceivedTimestamp?: number;
  /** Seconds. */
  readonly roundTripTime?: number;
  /** Seconds. */
  readonly currentRoundTripTime?: number;
  readonly fractionLost?: number;
  readonly localId?: string;
  readonly codecId?: string;
  readonly mimeType?: string;
  readonly selectedCandidatePairId?: string;
  readonly nominated?: boolean;
  readonly state?: string;
  readonly qualityLimitationReason?: string;
  /** The target of the encoder in bits per second. */
  readonly targetBitrate?: number;
  /** The estimated capacity of a candidate pair in bits per second. */
  readonly availableOutgoingBitrate?: number;
  readonly active?: boolean;
}

export interface StatsSnapshot {
  readonly takenAtMs: number;
  readonly entries: ReadonlyMap<string, StatsEntry>;
}

export function takeSnapshot(report: { forEach(visit: (entry: unknown) => void): void }, takenAtMs: number): StatsSnapshot {
  const entries = new Map<string, StatsEntry>();
  report.forEach((entry) => {
    if (isStatsEntry(entry)) entries.set(entry.id, entry);
  });
  return { takenAtMs, entries };
}

function isStatsEntry(entry: unknown): entry is StatsEntry {
  if (typeof entry !== 'object' || entry === null) return false;
  const { id, type, timestamp } = entry as Record<string, unknown>;
  return typeof id === 'string' && typeof type === 'string' && typeof timestamp === 'number';
}
