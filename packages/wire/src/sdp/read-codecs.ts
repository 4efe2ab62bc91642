import type { SdpCodec, SdpFeedback } from './description.ts';
import { isPayloadType, wholeNumber } from './grammar.ts';

/** The codec lines of a section: the values of `a=rtpmap`, `a=fmtp` and `a=rtcp-fb` as written. */
export interface CodecLines {
  readonly rtpmaps: readonly string[];
  readonly fmtps: readonly string[];
  readonly feedback: readonly string[];
}

/** The lines about one payload type. */
export interface CodecSource {
  readonly payloadType: number;
  /** The text after the payload type in `a=rtpmap`; undefined if it has none. */
  readonly mapping: string | undefined;
  readonly fmtp: string;
  /** The texts after the payload type, or `*`, in `a=rtcp-fb`. */
  readonly feedback: readonly string[];
}

/** Ten times the clock rate of video. Higher rates are not meaningful, and computations in ticks could lose precision. */
const MAX_CLOCK_RATE_HZ = 1_000_000;
/** Browsers write five or six. Further lines are skipped, because lines for `*` count for every codec and would multiply. */
const MAX_FEEDBACK_LINES = 16;
const MAPPING = /^([^\s/]+)\/(\d+)(?:\/(\d+))?/;

/** Payload types that WebRTC endpoints use without an `a=rtpmap` (RFC 3551 §6). */
const STATIC_MAPPINGS: ReadonlyMap<number, string> = new Map([
  [0, 'PCMU/8000'],
  [8, 'PCMA/8000'],
  [9, 'G722/8000'],
]);

/** Returns each payload type of an m-line once, in order, with a text that is equal for the same codec in another section. */
export function codecKeys(
  formats: readonly string[],
  lines: CodecLines,
): readonly { readonly text: string; readonly source: CodecSource }[] {
  const mappings = firstByPayloadType(lines.rtpmaps);
  const fmtps = new Map(lines.fmtps.map(splitPayloadType));
  const feedback = listByPayloadType(lines.feedback);
  const keys = [];
  for (const format of new Set(formats)) {
    const payloadType = wholeNumber(format, 0, 127);
    if (payloadType === undefined || !isPayloadType(payloadType)) continue;
    const source: CodecSource = {
      payloadType,
      mapping: mappings.get(format),
      fmtp: fmtps.get(format) ?? '',
      feedback: [...(feedback.get('*') ?? []), ...(feedback.get(format) ?? [])],
    };
    keys.push({ text: [format, source.mapping, source.fmtp, ...source.feedback].join('\n'), source });
  }
  return keys;
}

/** @returns undefined for a payload type without a valid mapping */
export function readCodec({ payloadType, mapping, fmtp, feedback }: CodecSource): SdpCodec | undefined {
  const [, name, rate, channels] = MAPPING.exec(mapping ?? STATIC_MAPPINGS.get(payloadType) ?? '') ?? [];
  const clockRateHz = wholeNumber(rate, 1, MAX_CLOCK_RATE_HZ);
  if (name === undefined || clockRateHz === undefined) return undefined;
  return {
    payloadType,
    name,
    clockRateHz,
    channels: wholeNumber(channels, 1, 255) ?? 1,
    fmtp,
    feedback: feedback.map(readFeedback),
  };
}

function readFeedback(value: string): SdpFeedback {
  const space = value.indexOf(' ');
  return space === -1 ? { type: value, parameter: '' } : { type: value.slice(0, space), parameter: value.slice(space + 1).trim() };
}

function firstByPayloadType(lines: readonly string[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of lines) {
    const [payloadType, value] = splitPayloadType(line);
    if (!values.has(payloadType)) values.set(payloadType, value);
  }
  return values;
}

function listByPayloadType(lines: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const lists = new Map<string, string[]>();
  for (const line of lines) {
    const [payloadType, value] = splitPayloadType(line);
    const list = lists.get(payloadType);
    if (list === undefined) lists.set(payloadType, [value]);
    else if (list.length < MAX_FEEDBACK_LINES) list.push(value);
  }
  return lists;
}

function splitPayloadType(line: string): readonly [payloadType: string, value: string] {
  const space = line.indexOf(' ');
  return space === -1 ? [line, ''] : [line.slice(0, space), line.slice(space + 1).trim()];
}
