/**
 * Which codecs the SFU takes part in, and what it agrees to for each. It decodes nothing: a codec is supported when its packets can be
 * forwarded, for which the payload only has to say where a picture begins.
 *
 * @see RFC 3264 §6.1, RFC 4588 (RTX), RFC 4585 (feedback)
 */
import { type CodecPlan, type MediaKind, madeOnce } from '@causeway/media';
import { codecIdentity, parseFmtp, type SdpCodec, type SdpFeedback } from '@causeway/wire';

export interface SourceCodec {
  readonly name: string;
  readonly clockRateHz: number;
  readonly channels: number;
  readonly fmtp: string;
}

export interface IdentifiedCodec extends SourceCodec {
  /** See `codecIdentity`: made out once, because it is compared with the codecs of every m-section. */
  readonly identity: string;
}

export interface NegotiatedCodec {
  /** This peer's payload type. */
  readonly payloadType: number;
  /** As the client writes it. */
  readonly name: string;
  readonly clockRateHz: number;
  readonly channels: number;
  readonly fmtp: string;
  /** What the client offered; what is agreed depends on the direction. */
  readonly feedback: readonly SdpFeedback[];
  readonly rtxPayloadType: number | undefined;
  /** See `codecIdentity`: equal for the same codec on every peer. */
  readonly identity: string;
}

/** RED, FEC, comfort noise and telephone events are not forwarded yet; see docs/rfc-notes/sdp.md. */
const SUPPORTED: Readonly<Record<MediaKind, ReadonlySet<string>>> = {
  audio: new Set(['opus', 'pcmu', 'pcma', 'g722']),
  video: new Set(['vp8', 'vp9', 'h264', 'av1']),
};

/**
 * A publisher's list is repeated for each subscription to its track, so small additions multiply.
 * Chromium 156 lists 15 codecs with 70 characters at most; a link to another node carries no more than this either (`MESSAGE_BOUNDS`).
 */
const MAX_CODECS = 24;
const MAX_FMTP_LENGTH = 256;

const NACK: SdpFeedback = { type: 'nack', parameter: '' };
const PLI: SdpFeedback = { type: 'nack', parameter: 'pli' };
const FIR: SdpFeedback = { type: 'ccm', parameter: 'fir' };
const TRANSPORT_CC: SdpFeedback = { type: 'transport-cc', parameter: '' };
const REMB: SdpFeedback = { type: 'goog-remb', parameter: '' };

/** What the SFU asks of a subscriber in an m-section of its own. */
export const SUBSCRIBER_FEEDBACK: Readonly<Record<MediaKind, readonly SdpFeedback[]>> = {
  audio: [TRANSPORT_CC],
  video: [NACK, PLI, FIR, TRANSPORT_CC],
};

/** Payload types that a codec has had since RFC 3551 §6. */
const STATIC_PAYLOAD_TYPES: ReadonlyMap<string, number> = new Map([
  ['pcmu', 0],
  ['pcma', 8],
  ['g722', 9],
]);
/** Dynamic ones; 64 to 95 would look like RTCP (RFC 5761 §4). */
const DYNAMIC_PAYLOAD_TYPES: readonly number[] = [...range(96, 127), ...range(35, 63)];

/** Payload types that the SFU may give to a codec that the client has given none, best first. */
export function payloadTypeCandidates(name: string): readonly number[] {
  const fixed = STATIC_PAYLOAD_TYPES.get(name.toLowerCase());
  return fixed === undefined ? DYNAMIC_PAYLOAD_TYPES : [fixed, ...DYNAMIC_PAYLOAD_TYPES];
}

/**
 * Reads lists of codecs of one description. Its m-sections share lists and codecs (see `parseSdp`), and so does what is made of them
 * here: the work grows with what is different, not with the number of m-sections.
 */
export class CodecReader {
  readonly #supported: Readonly<Record<MediaKind, Map<readonly SdpCodec[], readonly NegotiatedCodec[]>>> = {
    audio: new Map(),
    video: new Map(),
  };
  readonly #identities = new Map<SdpCodec, string>();
  readonly #repaired = new Map<SdpCodec, number>();

  /**
   * The supported ones of an offer or answer, each with its retransmission format; order and payload types are kept. Several of one
   * identity stay: some answers drop the parameters that tell profiles apart, and are then read by their payload types.
   */
  supported(kind: MediaKind, listed: readonly SdpCodec[]): readonly NegotiatedCodec[] {
    return remembered(this.#supported[kind], listed, () => this.#readSupported(kind, listed));
  }

  /** Meanings of all payload types of some lists, supported or not, for the session's table. */
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
      .filter(({ name, fmtp }) => SUPPORTED[kind].has(name.toLowerCase()) && fmtp.length <= MAX_FMTP_LENGTH)
      .slice(0, MAX_CODECS)
      .map((codec) => ({ ...codec, rtxPayloadType: rtxOf.get(codec.payloadType), identity: this.#identityOf(codec) }));
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

  /** The payload type whose packets this format retransmits (RFC 4588 §8.6); NaN if it does not say. */
  #repairedBy(codec: SdpCodec): number {
    return remembered(this.#repaired, codec, () => Number(parseFmtp(codec.fmtp).get('apt') ?? Number.NaN));
  }
}

function isRtx({ name }: SdpCodec): boolean {
  return name.length === 3 && name.toLowerCase() === 'rtx';
}

function remembered<Key, Value>(known: Map<Key, Value>, key: Key, make: () => Value): Value {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}

/** Meaning of the payload type that retransmits a codec. */
export function rtxMeaning(identity: string): string {
  return `rtx of ${identity}`;
}

/** A publisher's codecs as subscriptions need them: the first of each identity, since a subscriber has one payload type for it. */
export function identifyCodecs(codecs: readonly SourceCodec[]): readonly IdentifiedCodec[] {
  const firsts = new Map<string, IdentifiedCodec>();
  for (const { name, clockRateHz, channels, fmtp } of codecs) {
    const identity = codecIdentity({ name, clockRateHz, channels, fmtp });
    if (!firsts.has(identity)) firsts.set(identity, { name, clockRateHz, channels, fmtp, identity });
  }
  return [...firsts.values()];
}

/**
 * What both sides agree to, given whether the client publishes on the section. Transport-wide feedback comes with its header extension or not
 * at all, whatever is sent at present: Chromium gives it up on all sections once one has the feedback without the extension.
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

/** A list of codecs as the engine knows them. */
export const codecPlans = madeOnce((codecs: readonly NegotiatedCodec[]): readonly CodecPlan[] => codecs.map(codecPlan));

/** A list of codecs as subscribers learn of them. */
export const sourceCodecs = madeOnce((codecs: readonly NegotiatedCodec[]): readonly SourceCodec[] => {
  return codecs.map(({ name, clockRateHz, channels, fmtp }) => ({ name, clockRateHz, channels, fmtp }));
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

function offers(codec: NegotiatedCodec, wanted: SdpFeedback): boolean {
  return codec.feedback.some((feedback) => isSameFeedback(feedback, wanted));
}

function isSameFeedback(one: SdpFeedback, other: SdpFeedback): boolean {
  return one.type === other.type && one.parameter === other.parameter;
}

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
