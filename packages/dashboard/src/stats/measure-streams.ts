/** Turns two `getStats()` reports into rates. Counters are compared per stream (SSRC), over the time between the two reports. */
import type { StatsEntry, StatsSnapshot } from './stats-snapshot.ts';
import type { Readings, StreamReading, TransportReading } from './stream-reading.ts';

type Counter = 'bytesReceived' | 'bytesSent' | 'packetsReceived' | 'packetsLost' | 'framesDecoded' | 'framesEncoded';

/** @param before the report of about a second ago; without one there are no rates, only states */
export function measureStreams(before: StatsSnapshot | undefined, after: StatsSnapshot): Readings {
  const transport = measureTransport(before, after);
  const received = new Map<string, { reading: StreamReading; heardAtMs: number }>();
  const sent = new Map<string, StreamReading[]>();

  for (const entry of after.entries.values()) {
    const { mid } = entry;
    if (mid === undefined) continue;
    if (entry.type === 'inbound-rtp') {
      const heardAtMs = entry.lastPacketReceivedTimestamp ?? 0;
      // After a change of source, a media line has the streams of both for a while, of which the most recent one counts.
      if (heardAtMs >= (received.get(mid)?.heardAtMs ?? 0)) {
        received.set(mid, { heardAtMs, reading: measureReceived(before, after, entry, transport) });
      }
    }
    if (entry.type === 'outbound-rtp' && entry.active !== false) {
      sent.set(mid, [...(sent.get(mid) ?? []), measureSent(before, after, entry, transport)]);
    }
  }

  return {
    transport,
    received: new Map([...received].map(([mid, { reading }]) => [mid, reading])),
    sent: new Map([...sent].map(([mid, layers]) => [mid, layers.sort(byPictureSize)])),
  };
}

function measureReceived(
  before: StatsSnapshot | undefined,
  after: StatsSnapshot,
  entry: StatsEntry,
  transport: TransportReading,
): StreamReading {
  const previous = before?.entries.get(entry.id);
  const lost = growth(previous, entry, 'packetsLost');
  const arrived = growth(previous, entry, 'packetsReceived');
  return {
    ...measureAny(after, entry),
    bitrateBps: bitrate(previous, entry, 'bytesReceived'),
    framesPerSecond: framesPerSecond(previous, entry, 'framesDecoded'),
    lossRatio: ratio(lost, arrived),
    jitterMs: toMs(entry.jitter),
    roundTripMs: transport.roundTripMs,
    freezeCount: entry.freezeCount,
    limitedBy: undefined,
  };
}

function measureSent(
  before: StatsSnapshot | undefined,
  after: StatsSnapshot,
  entry: StatsEntry,
  transport: TransportReading,
): StreamReading {
  const previous = before?.entries.get(entry.id);
  const report = [...after.entries.values()].find(({ type, localId }) => type === 'remote-inbound-rtp' && localId === entry.id);
  return {
    ...measureAny(after, entry),
    bitrateBps: bitrate(previous, entry, 'bytesSent'),
    framesPerSecond: framesPerSecond(previous, entry, 'framesEncoded'),
    lossRatio: report?.fractionLost,
    jitterMs: toMs(report?.jitter),
    roundTripMs: toMs(report?.roundTripTime) ?? transport.roundTripMs,
    freezeCount: undefined,
    limitedBy: limitOf(after, entry),
  };
}

function measureAny({ entries }: StatsSnapshot, entry: StatsEntry) {
  const mimeType = entry.codecId === undefined ? undefined : entries.get(entry.codecId)?.mimeType;
  return {
    mid: entry.mid ?? '',
    kind: entry.kind === 'audio' ? 'audio' : 'video',
    rid: entry.rid,
    codec: mimeType?.slice(mimeType.indexOf('/') + 1),
    widthPixels: entry.frameWidth,
    heightPixels: entry.frameHeight,
  } as const;
}

/**
 * Returns what keeps an encoder from sending more. Chromium also reports `bandwidth` if the path carries more than the sum of the encoders'
 * targets; then their own bounds limit them, not the network.
 */
function limitOf({ entries }: StatsSnapshot, { qualityLimitationReason }: StatsEntry): string | undefined {
  if (qualityLimitationReason === 'none') return undefined;
  const available = pairInUse(entries)?.availableOutgoingBitrate;
  const sent = [...entries.values()].filter(({ type }) => type === 'outbound-rtp');
  const wanted = sent.reduce((sum, { targetBitrate = 0 }) => sum + targetBitrate, 0);
  const isCarried = available !== undefined && wanted > 0 && available > wanted;
  return qualityLimitationReason === 'bandwidth' && isCarried ? undefined : qualityLimitationReason;
}

function pairInUse(entries: StatsSnapshot['entries']): StatsEntry | undefined {
  const all = [...entries.values()];
  const selectedId = all.find(({ type }) => type === 'transport')?.selectedCandidatePairId;
  return (
    (selectedId === undefined ? undefined : entries.get(selectedId)) ??
    // Firefox has no `transport` entries: the pair in use is the nominated one that works.
    all.find(({ type, nominated, state }) => type === 'candidate-pair' && nominated === true && state === 'succeeded')
  );
}

function measureTransport(before: StatsSnapshot | undefined, { entries }: StatsSnapshot): TransportReading {
  const pair = pairInUse(entries);
  const previous = pair === undefined ? undefined : before?.entries.get(pair.id);
  return {
    roundTripMs: toMs(pair?.currentRoundTripTime),
    receivedBps: pair === undefined ? undefined : bitrate(previous, pair, 'bytesReceived'),
    sentBps: pair === undefined ? undefined : bitrate(previous, pair, 'bytesSent'),
  };
}

function bitrate(before: StatsEntry | undefined, after: StatsEntry, counter: 'bytesReceived' | 'bytesSent'): number | undefined {
  const perSecond = rate(before, after, counter);
  return perSecond === undefined ? undefined : perSecond * 8;
}

/** The browser's own figure is smoothed over its own window, so it is used only while there is no earlier report. */
function framesPerSecond(before: StatsEntry | undefined, after: StatsEntry, counter: 'framesDecoded' | 'framesEncoded') {
  return rate(before, after, counter) ?? after.framesPerSecond;
}

function rate(before: StatsEntry | undefined, after: StatsEntry, counter: Counter): number | undefined {
  const amount = growth(before, after, counter);
  const elapsedMs = before === undefined ? 0 : after.timestamp - before.timestamp;
  return amount === undefined || elapsedMs <= 0 ? undefined : (amount * 1000) / elapsedMs;
}

/** @returns undefined if the counter is missing or was reset, as with a new stream under an old id */
function growth(before: StatsEntry | undefined, after: StatsEntry, counter: Counter): number | undefined {
  const from = before?.[counter];
  const to = after[counter];
  if (from === undefined || to === undefined) return undefined;
  // Late packets no longer count as lost, so this is the only counter that may decrease.
  if (counter === 'packetsLost') return Math.max(to - from, 0);
  return to < from ? undefined : to - from;
}

function ratio(lost: number | undefined, arrived: number | undefined): number | undefined {
  if (lost === undefined || arrived === undefined || lost + arrived === 0) return undefined;
  return lost / (lost + arrived);
}

function toMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

function byPictureSize(a: StreamReading, b: StreamReading): number {
  return (b.widthPixels ?? 0) - (a.widthPixels ?? 0);
}
