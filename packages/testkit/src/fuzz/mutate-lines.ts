/** Mutates texts made of lines, such as session descriptions. Lines are moved, repeated and removed, and tokens become hostile. */
import type { FuzzRandom } from './fuzz-random.ts';
import type { Mutator } from './mutate-bytes.ts';

/** Three times the longest offer of a real browser. In a longer one, a slow line would not show. */
const MAX_LENGTH = 16 * 1024;
const MAX_STEPS = 5;
const TOKENS = [
  '',
  ' ',
  '0',
  '-1',
  '1e9',
  '65536',
  '4294967296',
  '99999999999999999999',
  'NaN',
  '__proto__',
  'constructor',
  '*',
  ':',
  ';',
  '=',
  '/',
  '\u0000',
  '\t',
  '\u2028',
  '\ud800',
  '%s%n',
  'a'.repeat(300),
];
/** Lines that start a section, or that real clients seldom write. */
const LINES = [
  'v=0',
  'm=video 9 UDP/TLS/RTP/SAVPF 96',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'm=audio 0 RTP/AVP 0',
  'a=group:BUNDLE 0 1 2',
  'a=group:BUNDLE',
  'a=rid:a send pt=96;max-width=1',
  'a=simulcast:send a;b;~c recv d',
  'a=ssrc-group:SIM 1 2 3',
  'a=extmap:0 urn:x',
  'a=extmap:15/sendonly urn:x',
  'a=fingerprint:sha-1 00',
  'a=setup:holdconn',
  'a=fmtp:96 ;;;=',
  'a=rtcp-fb:* nack pli',
  'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x',
];

/** Inputs are encoded in UTF-8. */
export const mutateLines: Mutator = (random, sample, other) => {
  let lines = textOf(sample).split(/\r?\n/);
  const foreign = textOf(other).split(/\r?\n/);
  const steps = 1 + random.integer(MAX_STEPS);
  for (let step = 0; step < steps; step++) lines = mutateOnce(random, lines, foreign);
  return new TextEncoder().encode(lines.join(random.chance(0.9) ? '\r\n' : '\n').slice(0, MAX_LENGTH));
};

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function mutateOnce(random: FuzzRandom, lines: string[], foreign: readonly string[]): string[] {
  const at = random.integer(lines.length + 1);
  const line = lines[at] ?? '';
  const length = random.integer(random.chance(0.2) ? 40 : 3);
  switch (random.integer(8)) {
    case 0:
      return lines.toSpliced(at, length);
    case 1:
      return lines.toSpliced(at, 0, ...lines.slice(at, at + length));
    case 2:
      return lines.toSpliced(at, 0, random.pick(LINES));
    case 3:
      return lines.toSpliced(at, 1, line.slice(0, random.integer(line.length + 1)));
    case 4: {
      const from = random.integer(foreign.length);
      return lines.toSpliced(at, random.integer(3), ...foreign.slice(from, from + length));
    }
    case 5:
      return lines.toSpliced(at, 0, ...new Array<string>(random.integer(random.chance(0.05) ? 300 : 10)).fill(line));
    default:
      return lines.toSpliced(at, 1, withHostileToken(random, line));
  }
}

function withHostileToken(random: FuzzRandom, line: string): string {
  const parts = line.split(/([ :;=/])/);
  const at = random.integer(parts.length);
  return parts.toSpliced(at, random.integer(3), random.pick(TOKENS)).join('');
}
