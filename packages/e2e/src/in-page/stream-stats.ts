/** The figures of `getStats()` that scenarios use, one plain object for each RTP stream. */

export interface InboundFigures {
  readonly mid: string;
  readonly kind: string;
  /** The name in the SDP without the kind, such as `VP8` or `opus`; empty until the first packet. */
  readonly codec: string;
  readonly ssrc: number;
  readonly packetsReceived: number;
  /** Bytes of payloads, including those of retransmitted packets. */
  readonly bytesReceived: number;
  readonly packetsLost: number;
  /** 0 for audio. */
  readonly framesDecoded: number;
  readonly frameHeight: number;
  readonly keyFramesDecoded: number;
  readonly freezeCount: number;
  /** The total length of all freezes that have ended. */
  readonly frozenMs: number;
  readonly nackCount: number;
  readonly pliCount: number;
  /** Packets received on the RTX stream (RFC 4588). */
  readonly packetsRepaired: number;
  /** 0 for video. */
  readonly samplesReceived: number;
  readonly concealedSamples: number;
}

export interface OutboundFigures {
  readonly mid: string;
  readonly kind: string;
  readonly codec: string;
  /** Empty without simulcast. */
  readonly rid: string;
  readonly ssrc: number;
  readonly packetsSent: number;
  readonly framesSent: number;
  readonly frameHeight: number;
  readonly nackCount: number;
  readonly pliCount: number;
  /** Whether receiver reports on this stream have arrived. */
  readonly isReportedOn: boolean;
  readonly bytesSent: number;
}

export async function readInbound(connection: RTCPeerConnection): Promise<InboundFigures[]> {
  const report = await readReport(connection);
  return ofType(report, 'inbound-rtp').map((stats) => ({
    mid: textOf(stats.mid),
    kind: textOf(stats.kind),
    codec: codecOf(report, stats),
    ssrc: numberOf(stats.ssrc),
    packetsReceived: numberOf(stats.packetsReceived),
    bytesReceived: numberOf(stats.bytesReceived),
    packetsLost: numberOf(stats.packetsLost),
    framesDecoded: numberOf(stats.framesDecoded),
    frameHeight: numberOf(stats.frameHeight),
    keyFramesDecoded: numberOf(stats.keyFramesDecoded),
    freezeCount: numberOf(stats.freezeCount),
    frozenMs: 1000 * numberOf(stats.totalFreezesDuration),
    nackCount: numberOf(stats.nackCount),
    pliCount: numberOf(stats.pliCount),
    packetsRepaired: numberOf(stats.retransmittedPacketsReceived),
    samplesReceived: numberOf(stats.totalSamplesReceived),
    concealedSamples: numberOf(stats.concealedSamples),
  }));
}

export async function readOutbound(connection: RTCPeerConnection): Promise<OutboundFigures[]> {
  const report = await readReport(connection);
  const reportedOn = new Set(ofType(report, 'remote-inbound-rtp').map((stats) => stats.ssrc));
  return ofType(report, 'outbound-rtp').map((stats) => ({
    mid: textOf(stats.mid),
    kind: textOf(stats.kind),
    codec: codecOf(report, stats),
    rid: textOf(stats.rid),
    ssrc: numberOf(stats.ssrc),
    packetsSent: numberOf(stats.packetsSent),
    framesSent: numberOf(stats.framesSent),
    frameHeight: numberOf(stats.frameHeight),
    nackCount: numberOf(stats.nackCount),
    pliCount: numberOf(stats.pliCount),
    isReportedOn: reportedOn.has(stats.ssrc),
    bytesSent: numberOf(stats.bytesSent),
  }));
}

/** The members of `getStats()` differ between browsers, and the DOM types include few of them. */
type Stats = Readonly<Record<string, unknown>>;
type Report = ReadonlyMap<string, Stats>;

async function readReport(connection: RTCPeerConnection): Promise<Report> {
  const entries = new Map<string, Stats>();
  (await connection.getStats()).forEach((stats: Stats, id: string) => {
    entries.set(id, stats);
  });
  return entries;
}

function ofType(report: Report, type: string): Stats[] {
  return [...report.values()].filter((stats) => stats.type === type);
}

function codecOf(report: Report, stats: Stats): string {
  return textOf(report.get(textOf(stats.codecId))?.mimeType).replace(/^.*\//, '');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
