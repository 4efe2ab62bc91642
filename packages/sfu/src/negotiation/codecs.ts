/**
 * The codecs that the SFU supports, and what it agrees to for each. It decodes nothing: a codec is supported if its
 * packets can be forwarded, for which the payload only has to reveal where a picture begins.
 *
 * @see RFC 3264 §6.1, RFC 4588 (RTX), RFC 4585 (feedback)
 */
import { type CodecPlan, type MediaKind, madeOnce, sharedByText } from '@causeway/media';
import { codecIdentity, parseFmtp, type SdpCodec, type SdpFeedback } from '@causeway/wire';

export interface SourceCodec {
  readonly name: string;
  readonly clockRateHz: number;
  readonly channels: number;
  readonly fmtp: string;
}

export interface IdentifiedCodec extends SourceCodec {
  /** See `codecIdentity`. It is computed once, because it is compared with the codecs of every m-section. */
  readonly identity: string;
}

export interface NegotiatedCodec {
  /** This peer's payload type. */
  readonly payloadType: number;
  /** The name as the client writes it. */
  readonly name: string;
  readonly clockRateHz: number;
  readonly channels: number;
  readonly fmtp: string;
  /** What the client offered; the agreed feedback depends on the direction. */
  readonly feedback: readonly SdpFeedback[];
  readonly rtxPayloadType: number | undefined;
  /** See `codecIdentity`. The same codec has the same identity on every peer. */
  readonly identity: string;
}

/** FEC, comfort noise and telephone events are not forwarded; see docs/rfc-notes/sdp.md. RED is for Opus alone. */
const SUPPORTED: Readonly<Record<MediaKind, ReadonlySet<string>>> = {
  audio: new Set(['opus', 'pcmu', 'pcma', 'g722']),
  video: new Set(['vp8', 'vp9', 'h264', 'av1']),
};

/**
 * Bounds a publisher's list, which is repeated for each subscription to its track. Chromium 156 lists 15 codecs with at
 * most 70 characters each; a link to another node has the same bounds (`MESSAGE_BOUNDS`).
 */
const MAX_CODECS = 24;
const MAX_FMTP_LENGTH = 256;

/** Redundancy for Opus, as in `codecIdentity` (RFC 2198). */
export const RED_IDENTITY = 'red/48000/2';
export const OPUS_IDENTITY = 'opus/48000/2';

const NACK: SdpFeedback = { type: 'nack', parameter: '' };
const PLI: SdpFeedback = { type: 'nack', parameter: 'pli' };
const FIR: SdpFeedback = { type: 'ccm', parameter: 'fir' };
const TRANSPORT_CC: SdpFeedback = { type: 'transport-cc', parameter: '' };
/** Per-stream reports (RFC 8888 §6). A description has one line for all codecs of an m-section. */
const REPORTS_BY_STREAM: SdpFeedback = { type: 'ack', parameter: 'ccfb' };
const REMB: SdpFeedback = { type: 'goog-remb', parameter: '' };

/**
 * Returns the feedback that the SFU asks of a subscriber in an m-section that it adds.
 *
 * @param isByStream whether the client reports per stream
 * @param hasSoundNack whether audio may be requested again
 */
export function subscriberFeedback(kind: MediaKind, isByStream: boolean, hasSoundNack: boolean): readonly SdpFeedback[] {
  const reports = isByStream ? REPORTS_BY_STREAM : TRANSPORT_CC;
  if (kind === 'video') return [NACK, PLI, FIR, reports];
  return hasSoundNack ? [NACK, reports] : [reports];
}

/**
 * Whether the client has listed NACK for the codec in one of its sections. Audio is retransmitted only for clients that have asked for
 * that.
 */
export function listsNack(identity: string, listed: readonly NegotiatedCodec[]): boolean {
  return listed.some((codec) => codec.identity === identity && offers(codec, NACK));
}

/** Static payload types of RFC 3551 §6. */
const STATIC_PAYLOAD_TYPES: ReadonlyMap<string, number> = new Map([
  ['pcmu', 0],
  ['pcma', 8],
  ['g722', 9],
]);
/** Dynamic payload types. 64 to 95 would look like RTCP (RFC 5761 §4). */
const DYNAMIC_PAYLOAD_TYPES: readonly number[] = [...range(96, 127), ...range(35, 63)];

/** The payload types that the SFU may assign to a codec for which the client has none, best first. */
export function payloadTypeCandidates(name: string): readonly number[] {
  const fixed = STATIC_PAYLOAD_TYPES.get(name.toLowerCase());
  return fixed === undefined ? DYNAMIC_PAYLOAD_TYPES : [fixed, ...DYNAMIC_PAYLOAD_TYPES];
}

/**
 * Reads the codec lists of one description. Its m-sections share lists and codecs (see `parseSdp`), and the results are
 * shared too, so the work grows with the number of different lists, not of m-sections.
 */
export class CodecReader {
  readonly #supported: Readonly<Record<MediaKind, Map<readonly SdpCodec[], readonly NegotiatedCodec[]>>> = {
    audio: new Map(),
    video: new Map(),
  };
  readonly #identities = new Map<SdpCodec, string>();
  readonly #repaired = new Map<SdpCodec, number>();

  /**
   * Returns the supported codecs of an offer or answer, each with its retransmission format, in order and with their
   * payload types. Several of one identity are kept, because some answers omit the parameters that distinguish profiles
   * and are then read by payload type.
   */
  supported(kind: MediaKind, listed: readonly SdpCodec[]): readonly NegotiatedCodec[] {
    return remembered(this.#supported[kind], listed, () => shareCodecs(this.#readSupported(kind, listed)));
  }

  /** Returns the meanings of all payload types in these lists, supported or not, for the session's table. */
  meanings(lists: Iterable<readonly SdpCodec[]>): readonly (readonly [meaning: string, payloadType: number])[] {
    const meanings = new Map<SdpCodec, readonly [string, number]>();
    for (const listed of new Set(lists)) {
      const codecOf = new Map(listed.map((codec) => [codec.payloadType, codec]));
      for (const codec of listed) {
        if (!meanings.has(codec)) meanings.set(codec, [this.#meaningOf(codec, codecOf), codec.payloadType]);
      }
    }
    return [...meanings.values()];
  }

  #readSupported(kind: MediaKind, listed: readonly SdpCodec[]): readonly NegotiatedCodec[] {
    const rtxOf = new Map<number, number>();
    for (const codec of listed) if (isRtx(codec)) rtxOf.set(this.#repairedBy(codec), codec.payloadType);
    return listed
      .filter((codec) => SUPPORTED[kind].has(codec.name.toLowerCase()) || (kind === 'audio' && this.#isRedOfOpus(codec, listed)))
      .filter(({ fmtp }) => fmtp.length <= MAX_FMTP_LENGTH)
      .slice(0, MAX_CODECS)
      .map((codec) => ({ ...codec, rtxPayloadType: rtxOf.get(codec.payloadType), identity: this.#identityOf(codec) }));
  }

  /** Whether the payload type is for several packets of Opus in one: its parameters are Opus's payload type, once or several times. */
  #isRedOfOpus(codec: SdpCodec, listed: readonly SdpCodec[]): boolean {
    if (this.#identityOf(codec) !== RED_IDENTITY) return false;
    const types = new Set(codec.fmtp.split('/').map(Number));
    const opus = listed.find(({ payloadType }) => types.size === 1 && types.has(payloadType));
    return opus !== undefined && this.#identityOf(opus) === OPUS_IDENTITY;
  }

  #meaningOf(codec: SdpCodec, codecOf: ReadonlyMap<number, SdpCodec>): string {
    if (!isRtx(codec)) return this.#identityOf(codec);
    const apt = this.#repairedBy(codec);
    const repaired = codecOf.get(apt);
    return rtxMeaning(repaired === undefined ? String(apt) : this.#identityOf(repaired));
  }

  #identityOf(codec: SdpCodec): string {
    return remembered(this.#identities, codec, () => codecIdentity(codec));
  }

  /** The payload type whose packets this format retransmits (RFC 4588 §8.6); NaN if it names none. */
  #repairedBy(codec: SdpCodec): number {
    return remembered(this.#repaired, codec, () => Number(parseFmtp(codec.fmtp).get('apt') ?? Number.NaN));
  }
}

const sharedCodecs = sharedByText<readonly NegotiatedCodec[]>();

/** Returns the list that all sessions with equal codecs share. Its strings are copies, because a part of a description keeps all of it in memory. */
export function shareCodecs(codecs: readonly NegotiatedCodec[]): readonly NegotiatedCodec[] {
  return sharedCodecs(JSON.stringify(codecs), (text) => {
    const copies = JSON.parse(text) as readonly NegotiatedCodec[];
    // JSON has no undefined.
    return copies.map((codec) => ({ ...codec, rtxPayloadType: codec.rtxPayloadType }));
  });
}

function isRtx({ name }: SdpCodec): boolean {
  return name.length === 3 && name.toLowerCase() === 'rtx';
}

function remembered<Key, Value>(known: Map<Key, Value>, key: Key, make: () => Value): Value {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}

/** The meaning of the payload type that retransmits a codec. */
export function rtxMeaning(identity: string): string {
  return `rtx of ${identity}`;
}

/** Returns a publisher's codecs as subscriptions need them: the first of each identity, since a subscriber has one payload type for it. */
export function identifyCodecs(codecs: readonly SourceCodec[]): readonly IdentifiedCodec[] {
  const firsts = new Map<string, IdentifiedCodec>();
  for (const { name, clockRateHz, channels, fmtp } of codecs) {
    const identity = codecIdentity({ name, clockRateHz, channels, fmtp });
    if (!firsts.has(identity)) firsts.set(identity, { name, clockRateHz, channels, fmtp, identity });
  }
  return [...firsts.values()];
}

/**
 * Returns the feedback that both sides agree to, given whether the client publishes on the section. Transport-wide
 * feedback is agreed if and only if its header extension is, whatever is being sent: Chromium gives it up on all
 * sections once one has the feedback without the extension.
 */
export function agreedFeedback(
  codec: NegotiatedCodec,
  { publishes, hasTransportWideCc }: { readonly publishes: boolean; readonly hasTransportWideCc: boolean },
): readonly SdpFeedback[] {
  const wanted = [NACK, PLI, FIR];
  if (hasTransportWideCc && offers(codec, TRANSPORT_CC)) wanted.push(TRANSPORT_CC);
  else if (publishes) wanted.push(REMB);
  return codec.feedback.filter((feedback) => wanted.some((each) => isSameFeedback(each, feedback)));
}

/** Converts a list of codecs for the engine. */
export const codecPlans = madeOnce((codecs: readonly NegotiatedCodec[]): readonly CodecPlan[] => codecs.map(codecPlan));

/** Converts a list of codecs for subscribers. */
export const sourceCodecs = madeOnce((codecs: readonly NegotiatedCodec[]): readonly SourceCodec[] => {
  // RED is unwrapped as it arrives, and added for each receiver that accepts it.
  const inner = codecs.filter(({ identity }) => identity !== RED_IDENTITY);
  return inner.map(({ name, clockRateHz, channels, fmtp }) => ({ name, clockRateHz, channels, fmtp }));
});

function codecPlan(codec: NegotiatedCodec): CodecPlan {
  return {
    payloadType: codec.payloadType,
    name: codec.name.toLowerCase(),
    clockRateHz: codec.clockRateHz,
    channels: codec.channels,
    fmtp: codec.fmtp,
    rtxPayloadType: codec.rtxPayloadType,
    nack: offers(codec, NACK),
    pli: offers(codec, PLI),
    fir: offers(codec, FIR),
  };
}

export function offersTransportCc(codec: NegotiatedCodec): boolean {
  return offers(codec, TRANSPORT_CC);
}

export function offersReportsByStream(codec: NegotiatedCodec): boolean {
  return offers(codec, REPORTS_BY_STREAM);
}

function offers(codec: NegotiatedCodec, wanted: SdpFeedback): boolean {
  return codec.feedback.some((feedback) => isSameFeedback(feedback, wanted));
}

function isSameFeedback(one: SdpFeedback, other: SdpFeedback): boolean {
  return one.type === other.type && one.parameter === other.parameter;
}

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
