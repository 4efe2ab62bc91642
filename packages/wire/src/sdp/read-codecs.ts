import type { SdpCodec, SdpExtension, SdpFeedback } from './description.ts';
import { directionOf, isPayloadType, isUsedExtensionId, wholeNumber } from './grammar.ts';
import type { SdpLimits } from './limits.ts';

/** The codec lines of a section: the values of `a=rtpmap`, `a=fmtp` and `a=rtcp-fb` as written. */
interface CodecLines {
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
function codecKeys(formats: readonly string[], lines: CodecLines): readonly { readonly text: string; readonly source: CodecSource }[] {
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
function readCodec({ payloadType, mapping, fmtp, feedback }: CodecSource): SdpCodec | undefined {
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

/**
 * The codecs and header extensions of one description. Bundled sections mostly repeat the same lists, so each list is
 * created once and shared by its sections: a description with 256 sections costs little more than one with a few, and
 * users of the lists can recognise known ones by `===`.
 */
export class SharedLists {
  readonly #limits: SdpLimits;
  readonly #codecLists = new Map<string, readonly SdpCodec[]>();
  readonly #codecs = new Map<string, SdpCodec | undefined>();
  readonly #extensionLists = new Map<string, readonly SdpExtension[]>();
  readonly #extensions = new Map<string, SdpExtension | undefined>();

  constructor(limits: SdpLimits) {
    this.#limits = limits;
  }

  /** @returns undefined once the number of different codecs exceeds the limit */
  codecsOf(formats: readonly string[], lines: CodecLines): readonly SdpCodec[] | undefined {
    const key = [formats.join(' '), lines.rtpmaps.join('\n'), lines.fmtps.join('\n'), lines.feedback.join('\n')].join('\0');
    const known = this.#codecLists.get(key);
    if (known !== undefined) return known;
    const codecs = [];
    for (const { text, source } of codecKeys(formats, lines)) {
      if (!this.#codecs.has(text)) this.#codecs.set(text, readCodec(source));
      const codec = this.#codecs.get(text);
      if (codec !== undefined) codecs.push(codec);
    }
    this.#codecLists.set(key, codecs);
    return this.#codecs.size > this.#limits.maxDistinctCodecs ? undefined : codecs;
  }

  /** @returns undefined once the number of different extensions exceeds the limit */
  extensionsOf(lines: readonly string[]): readonly SdpExtension[] | undefined {
    const key = lines.join('\n');
    const known = this.#extensionLists.get(key);
    if (known !== undefined) return known;
    const extensions = [];
    for (const line of lines) {
      if (!this.#extensions.has(line)) this.#extensions.set(line, readExtension(line));
      const extension = this.#extensions.get(line);
      if (extension !== undefined) extensions.push(extension);
    }
    this.#extensionLists.set(key, extensions);
    return this.#extensions.size > this.#limits.maxDistinctExtensions ? undefined : extensions;
  }
}

const EXTMAP = /^(\d{1,5})(?:\/(\w+))? +(\S+)/;

/**
 * @param line the text after `extmap:`
 * @returns undefined if it has no URI, or its id means "to be chosen by the answer"
 */
export function readExtension(line: string): SdpExtension | undefined {
  const [, digits, direction, uri] = EXTMAP.exec(line) ?? [];
  const id = Number(digits);
  if (uri === undefined || !isUsedExtensionId(id)) return undefined;
  return { id, uri, direction: directionOf(direction) ?? 'sendrecv' };
}
