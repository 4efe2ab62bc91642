/** Single values out of sdp-transform's output, which turns everything that looks like a whole number into one. */
import type { SdpDirection, SdpFingerprint, SdpMsid, SdpSetup } from './description.ts';
import type { VerbatimAttributes } from './scan.ts';

export function text(value: string | number | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : String(value);
}

/** @returns undefined unless the value is a whole number within the bounds */
export function wholeNumber(value: string | number | undefined, least: number, most: number): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most ? value : undefined;
}

export function directionOf(value: string | undefined): SdpDirection | undefined {
  switch (value) {
    case 'sendrecv':
    case 'sendonly':
    case 'recvonly':
    case 'inactive':
      return value;
    default:
      return undefined;
  }
}

/** `holdconn` is of no use to DTLS (RFC 8842 §5.2) and reads as absent. */
export function setupOf(value: string | number | undefined): SdpSetup | undefined {
  return value === 'actpass' || value === 'active' || value === 'passive' ? value : undefined;
}

export function fingerprintsOf(verbatim: VerbatimAttributes | undefined): readonly SdpFingerprint[] {
  const fingerprints = [];
  for (const line of verbatim?.fingerprints ?? []) {
    const [algorithm, value] = line.split(' ');
    if (algorithm === undefined || value === undefined || value === '') continue;
    fingerprints.push({ algorithm: algorithm.toLowerCase(), value: value.toUpperCase() });
  }
  return fingerprints;
}

/** @param value what follows `msid:`, `<stream> <track>`; Firefox wraps both in braces, which are kept */
export function msidOf(value: string): SdpMsid | undefined {
  const [streamId, trackId] = value.split(' ').filter((word) => word !== '');
  return streamId === undefined ? undefined : { streamId, trackId };
}
