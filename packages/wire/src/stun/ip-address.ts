/**
 * Converts IP addresses between text and bytes. IPv4-mapped IPv6 (`::ffff:192.0.2.1`, which a dual-stack socket
 * reports) is treated as IPv4, so that a peer is told the address that it knows.
 *
 * @see RFC 4291 §2.2 and §2.5.5.2, RFC 5952 (canonical text)
 */

const DOT = 0x2e;
const DIGIT_ZERO = 0x30;

const IPV4_LENGTH = 4;
const IPV6_LENGTH = 16;
const IPV6_GROUPS = 8;
/** The longest text: eight groups, the last two in dotted form, and some room for a zone id. */
const MAX_TEXT_LENGTH = 64;

/**
 * Returns the address as 4 or 16 bytes. A zone id (`%eth0`) is ignored.
 *
 * @returns undefined if the text is not an IP address in its usual notation
 */
export function parseIpAddress(text: string): Uint8Array | undefined {
  if (text.length > MAX_TEXT_LENGTH) return undefined;
  if (!text.includes(':')) return parseIpv4(text);
  const bytes = parseIpv6(text.split('%', 1)[0]);
  return bytes !== undefined && isMappedIpv4(bytes) ? bytes.slice(IPV6_LENGTH - IPV4_LENGTH) : bytes;
}

/** Returns the canonical text of 4 or 16 bytes; IPv4-mapped IPv6 is written as IPv4. */
export function formatIpAddress(bytes: Uint8Array): string {
  if (bytes.length === IPV4_LENGTH) return bytes.join('.');
  if (isMappedIpv4(bytes)) return bytes.slice(IPV6_LENGTH - IPV4_LENGTH).join('.');
  const groups: string[] = [];
  for (let i = 0; i < IPV6_LENGTH; i += 2) groups.push(((bytes[i] << 8) | bytes[i + 1]).toString(16));
  const [start, length] = longestZeroRun(groups);
  if (length < 2) return groups.join(':');
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`;
}

/** This runs for every response to a check, so it creates no strings. */
function parseIpv4(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(IPV4_LENGTH);
  let part = 0;
  let digits = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char === DOT) {
      if (digits === 0 || ++part === IPV4_LENGTH) return undefined;
      digits = 0;
      continue;
    }
    const digit = char - DIGIT_ZERO;
    // A leading zero means octal to some parsers and decimal to others (RFC 6943 §3.1.1).
    if (digit < 0 || digit > 9 || (digits > 0 && bytes[part] === 0)) return undefined;
    const value = 10 * bytes[part] + digit;
    if (value > 255) return undefined;
    bytes[part] = value;
    digits++;
  }
  return part === IPV4_LENGTH - 1 && digits > 0 ? bytes : undefined;
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0], halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1], true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = IPV6_GROUPS - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const bytes = new Uint8Array(IPV6_LENGTH);
  [...head, ...new Array<number>(missing).fill(0), ...tail].forEach((group, i) => {
    bytes[i * 2] = group >> 8;
    bytes[i * 2 + 1] = group & 0xff;
  });
  return bytes;
}

/** Parses groups between colons. If the groups end the address, the last one may be a dotted IPv4 address, which counts as two. */
function parseGroups(text: string, endsAddress: boolean): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: number[] = [];
  for (let i = 0; i < parts.length; i++) {
    if (endsAddress && i === parts.length - 1 && parts[i].includes('.')) {
      const dotted = parseIpv4(parts[i]);
      if (dotted === undefined) return undefined;
      groups.push((dotted[0] << 8) | dotted[1], (dotted[2] << 8) | dotted[3]);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(parts[i])) {
      groups.push(Number.parseInt(parts[i], 16));
    } else {
      return undefined;
    }
  }
  return groups;
}

function isMappedIpv4(bytes: Uint8Array): boolean {
  for (let i = 0; i < 10; i++) if (bytes[i] !== 0) return false;
  return bytes[10] === 0xff && bytes[11] === 0xff;
}

/** Returns start and length of the first of the longest runs of zero groups. */
function longestZeroRun(groups: readonly string[]): [start: number, length: number] {
  let best: [number, number] = [0, 0];
  let start = 0;
  groups.forEach((group, i) => {
    if (group !== '0') start = i + 1;
    else if (i + 1 - start > best[1]) best = [start, i + 1 - start];
  });
  return best;
}
