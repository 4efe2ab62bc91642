/**
 * Checks of single SDP values. Each check returns what is wrong, as the end of a sentence that begins with "line 12",
 * or undefined.
 */
import type { SdpDirection, SdpFingerprint, SdpMsid, SdpSetup } from './description.ts';

const DIGITS = /^\d{1,16}$/;
const ICE_UFRAG = /^[A-Za-z0-9+/]{4,256}$/;
const ICE_PASSWORD = /^[A-Za-z0-9+/]{22,256}$/;
const RID = /^[A-Za-z0-9_-]{1,255}$/;
const HEX_PAIRS = /^[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2})*$/;
/** The length of each hash in bytes. Other hashes are unknown here, so they identify nothing and are not checked. */
const HASH_LENGTHS: ReadonlyMap<string, number> = new Map([
  ['md2', 16],
  ['md5', 16],
  ['sha-1', 20],
  ['sha-224', 28],
  ['sha-256', 32],
  ['sha-384', 48],
  ['sha-512', 64],
]);
const MAX_EXTENSION_ID = 255;
/** Offers use these ids if they name more extensions than there are ids; the answer then chooses (RFC 8285 §7). */
const UNASSIGNED_EXTENSION_IDS = { first: 4096, last: 4351 };

/** @returns undefined unless the text consists of digits and is an integer within the bounds */
export function wholeNumber(value: string | undefined, least: number, most: number): number | undefined {
  if (value === undefined || !DIGITS.test(value)) return undefined;
  const number = Number(value);
  return number >= least && number <= most ? number : undefined;
}

/** @see RFC 8839 §5.4 */
export function ufragProblem(value: string): string | undefined {
  if (ICE_UFRAG.test(value)) return undefined;
  return 'has an a=ice-ufrag that is not 4 to 256 letters, digits, + or /';
}

/** @see RFC 8839 §5.4 */
export function passwordProblem(value: string): string | undefined {
  if (ICE_PASSWORD.test(value)) return undefined;
  return 'has an a=ice-pwd that is not 22 to 256 letters, digits, + or /';
}

/** @returns the fingerprint, or a text that says what is wrong @see RFC 8122 §5 */
export function readFingerprint(line: string): SdpFingerprint | string {
  const space = line.indexOf(' ');
  const algorithm = (space === -1 ? line : line.slice(0, space)).toLowerCase();
  const value = space === -1 ? '' : line.slice(space + 1).trim();
  const bytes = HASH_LENGTHS.get(algorithm);
  const isHash = HEX_PAIRS.test(value) && (bytes === undefined || value.length === bytes * 3 - 1);
  if (isHash) return { algorithm, value: value.toUpperCase() };
  return bytes === undefined
    ? 'has an a=fingerprint that is not a hash name and hex pairs with colons between them'
    : `has an a=fingerprint of ${algorithm} that is not ${bytes} hex pairs with colons between them`;
}

/** Payload types 64 to 95 would look like RTCP on a multiplexed port (RFC 5761 §4). */
export function isPayloadType(number: number): boolean {
  return (number >= 0 && number < 64) || (number > 95 && number < 128);
}

export function payloadTypeProblem(value: string): string {
  return `has payload type ${value.slice(0, 20)}; with rtcp-mux it must be 0 to 63 or 96 to 127`;
}

/** @param id of `a=extmap` @see RFC 8285 §4.2, §4.3, §7 */
export function isExtensionId(id: number): boolean {
  return isUsedExtensionId(id) || (id >= UNASSIGNED_EXTENSION_IDS.first && id <= UNASSIGNED_EXTENSION_IDS.last);
}

export function isUsedExtensionId(id: number): boolean {
  return id >= 1 && id <= MAX_EXTENSION_ID;
}

/** @see RFC 8851 §10 */
export function ridProblem(id: string): string | undefined {
  return RID.test(id) ? undefined : 'has an a=rid whose id is not 1 to 255 letters, digits, - or _';
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

/** `holdconn` is not used with DTLS (RFC 8842 §5.2), and is treated as absent, like unknown values. */
export function setupOf(value: string): SdpSetup | undefined {
  return value === 'actpass' || value === 'active' || value === 'passive' ? value : undefined;
}

/** @param value the text after `msid:`, `<stream> <track>`; Firefox puts both in braces, which are kept */
export function msidOf(value: string): SdpMsid | undefined {
  const [streamId, trackId] = wordsOf(value);
  return streamId === undefined ? undefined : { streamId, trackId };
}

export function wordsOf(value: string): readonly string[] {
  return value.split(' ').filter((word) => word !== '');
}
