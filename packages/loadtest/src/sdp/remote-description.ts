/**
 * Reads the parts of the SFU's offers and answers that a load client needs. Errors name the line that is missing.
 *
 * @see RFC 8866, RFC 8839 (ICE), RFC 8122 (fingerprint), RFC 5763 (setup)
 */
import type { CertificateFingerprint, IceCredentials } from '@causeway/media';

export interface RemoteCandidate {
  readonly address: string;
  readonly port: number;
}

export interface RemoteTransport {
  readonly ice: IceCredentials;
  readonly fingerprints: readonly CertificateFingerprint[];
  readonly setup: string;
  /** Host candidates for UDP, as listed. */
  readonly candidates: readonly RemoteCandidate[];
}

export interface RemoteSection {
  readonly kind: string;
  readonly mid: string;
  readonly protocol: string;
  /** The formats of the m-line, verbatim. */
  readonly formats: readonly string[];
  readonly direction: string;
  /** The codec of each payload type, such as `VP8/90000`. */
  readonly rtpmaps: ReadonlyMap<number, string>;
  /** The id of each header extension, keyed by its URI. */
  readonly extensions: ReadonlyMap<string, number>;
  /** The streams that are announced by SSRC. */
  readonly sources: readonly RemoteSource[];
}

/** One stream that the SFU says it sends. */
export interface RemoteSource {
  readonly ssrc: number;
  /** The SFU's name for it, which is the second word of the stream's msid. */
  readonly trackId: string;
  readonly kind: string;
}

export interface RemoteDescription {
  readonly transport: RemoteTransport;
  readonly sections: readonly RemoteSection[];
}

/** @throws Error – a required line is missing; the message names it */
export function readRemoteDescription(sdp: string): RemoteDescription {
  const lines = sdp.split(/\r?\n/);
  const starts = lines.flatMap((line, index) => (line.startsWith('m=') ? [index] : []));
  if (starts.length === 0) throw new Error('The SFU sent a description without any m-line');
  return {
    transport: readTransport(lines),
    sections: starts.map((start, index) => readSection(lines.slice(start, starts[index + 1]))),
  };
}

/** With BUNDLE there is one transport, so the first line of each kind counts, in whichever section it is. */
function readTransport(lines: readonly string[]): RemoteTransport {
  return {
    ice: { ufrag: demand(lines, 'a=ice-ufrag:'), password: demand(lines, 'a=ice-pwd:') },
    fingerprints: valuesOf(lines, 'a=fingerprint:').map(readFingerprint),
    setup: demand(lines, 'a=setup:'),
    candidates: valuesOf(lines, 'a=candidate:').flatMap(readCandidate),
  };
}

function readSection(lines: readonly string[]): RemoteSection {
  const [kind = '', , protocol = '', ...formats] = (lines[0] ?? '').slice('m='.length).split(' ');
  const direction = lines.find((line) => /^a=(sendrecv|sendonly|recvonly|inactive)$/.test(line));
  return {
    kind,
    mid: demand(lines, 'a=mid:'),
    protocol,
    formats,
    direction: direction?.slice('a='.length) ?? 'sendrecv',
    rtpmaps: new Map(valuesOf(lines, 'a=rtpmap:').map((value): [number, string] => [Number.parseInt(value, 10), afterSpace(value)])),
    extensions: new Map(valuesOf(lines, 'a=extmap:').map((value): [string, number] => [afterSpace(value), Number.parseInt(value, 10)])),
    sources: valuesOf(lines, 'a=ssrc:').flatMap((value) => readSource(value, kind)),
  };
}

/** `ssrc msid:stream track` (RFC 5576 §4.1); the other attributes of an SSRC do not name its track. */
function readSource(value: string, kind: string): RemoteSource[] {
  const [, ssrc, trackId] = /^(\d+) msid:\S+ (\S+)$/.exec(value) ?? [];
  return ssrc === undefined || trackId === undefined ? [] : [{ ssrc: Number(ssrc), trackId, kind }];
}

function readFingerprint(value: string): CertificateFingerprint {
  const [algorithm = '', hex = ''] = value.split(' ');
  return { algorithm: algorithm.toLowerCase(), value: hex.toUpperCase() };
}

/** `foundation component transport priority address port typ host …` (RFC 8839 §5.1). */
function readCandidate(value: string): RemoteCandidate[] {
  const [, component, transport, , address = '', port = '', , type] = value.split(' ');
  const isUsable = component === '1' && transport?.toLowerCase() === 'udp' && type === 'host';
  return isUsable ? [{ address, port: Number(port) }] : [];
}

function valuesOf(lines: readonly string[], prefix: string): string[] {
  return lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length));
}

function demand(lines: readonly string[], prefix: string): string {
  const [value] = valuesOf(lines, prefix);
  if (value === undefined) throw new Error(`The SFU sent a description without a line "${prefix}"`);
  return value;
}

function afterSpace(value: string): string {
  return value.slice(value.indexOf(' ') + 1);
}
