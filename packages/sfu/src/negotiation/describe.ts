/**
 * The SFU's own descriptions. They are written from the state alone: the same state always yields the same text, for
 * offer and answer.
 *
 * @see RFC 8829 §5 (JSEP), RFC 8839 §5.3 (ice-lite is a session attribute), RFC 9143 §7
 */
import { madeOnce } from '@causeway/media';
import type { SdpCodec, SdpDescription, SdpDirection, SdpExtension, SdpFeedback, SdpSection, SdpSsrc } from '@causeway/wire';
import { agreedFeedback, type NegotiatedCodec, offersTransportCc } from './codecs.ts';
import { MAX_DATA_MESSAGE_BYTES } from './data-section.ts';
import { reportsByStream } from './edit-sections.ts';
import {
  type HeaderExtension,
  isForSubscribers,
  isTransportWideCc,
  publisherExtensions,
  usesTransportWideCc,
} from './header-extensions.ts';
import type { DataSection, Negotiation, RejectedSection, RtpSection, Section, Subscription } from './state.ts';

const RTP_PROTOCOL = 'UDP/TLS/RTP/SAVPF';

export interface DescribeOptions {
  /** The DTLS role to state: `actpass` in an offer. */
  readonly setup: 'actpass' | 'active' | 'passive';
  /** Whether a mid may be in the BUNDLE group; an answer may group only what the offer grouped (RFC 9143 §7.3). Default: every mid. */
  readonly mayBundle?: (mid: string) => boolean;
}

/** @param sections the sections to describe; those of an offer are not in the state yet */
export function describe(state: Negotiation, sections: readonly Section[], options: DescribeOptions): OwnDescription {
  return new OwnDescription(state, sections, options);
}

/**
 * A description by the SFU. Each m-section is computed when it is asked for, so that a long description can be written
 * in pieces after the state has moved on. What it describes never changes.
 */
export class OwnDescription implements SdpDescription {
  readonly origin: SdpDescription['origin'];
  readonly iceLite = true;
  readonly iceOptions = [];
  readonly bundle: readonly string[];
  readonly extmapAllowMixed: boolean;
  readonly #state: Negotiation;
  readonly #sections: readonly Section[];
  readonly #setup: DescribeOptions['setup'];
  readonly #first: Section | undefined;
  readonly #reportsByStream: boolean;

  constructor(state: Negotiation, sections: readonly Section[], { setup, mayBundle = () => true }: DescribeOptions) {
    const inUse = sections.filter(({ type }) => type !== 'rejected');
    this.origin = { username: '-', sessionId: state.origin.sessionId, version: String(state.origin.version) };
    this.bundle = inUse.map(({ mid }) => mid).filter(mayBundle);
    this.extmapAllowMixed = state.allowsMixedExtensions;
    this.#state = state;
    this.#sections = sections;
    this.#setup = setup;
    this.#first = inUse[0];
    this.#reportsByStream = reportsByStream(sections);
  }

  get sectionCount(): number {
    return this.#sections.length;
  }

  get sections(): readonly SdpSection[] {
    return this.#sections.map((section) => this.#describe(section));
  }

  /** @returns undefined after the last section */
  sectionAt(index: number): SdpSection | undefined {
    const section = this.#sections[index];
    return section && this.#describe(section);
  }

  #describe(section: Section): SdpSection {
    if (section.type === 'rejected') return describeRejected(section);
    // Candidates belong to the transport, which the first bundled section describes for all.
    const transport = transportAttributes(this.#state, this.#setup, section === this.#first);
    return section.type === 'data'
      ? { ...describeData(section), ...transport }
      : { ...describeRtp(section, this.#reportsByStream), ...transport };
  }
}

/** Returns `a=setup` for an answer. Once chosen, the DTLS roles do not change (RFC 8842 §5.5). */
export function answerSetup(state: Negotiation): 'active' | 'passive' {
  return state.transport?.dtlsRole === 'client' ? 'active' : 'passive';
}

type TransportAttributes = Pick<SdpSection, 'port' | 'ice' | 'fingerprints' | 'setup' | 'candidates' | 'endOfCandidates'>;

function transportAttributes(state: Negotiation, setup: 'actpass' | 'active' | 'passive', isFirst: boolean): TransportAttributes {
  return {
    port: state.local.port,
    ice: state.ice,
    fingerprints: [state.local.fingerprint],
    setup,
    candidates: isFirst ? state.local.candidates : [],
    endOfCandidates: isFirst,
  };
}

const EMPTY_SECTION = {
  port: 0,
  bundleOnly: false,
  ice: undefined,
  fingerprints: [],
  setup: undefined,
  candidates: [],
  endOfCandidates: false,
  rtcpMux: false,
  rtcpRsize: false,
  codecs: [],
  extensions: [],
  msids: [],
  ssrcs: [],
  ssrcGroups: [],
  rids: [],
  simulcast: undefined,
  sctp: undefined,
} as const;

function describeRejected({ media, protocol, formats, mid }: RejectedSection): SdpSection {
  const kind = media === 'audio' || media === 'video' || media === 'application' ? media : 'other';
  return { ...EMPTY_SECTION, kind, media, protocol, formats, mid, direction: 'inactive' };
}

function describeData({ protocol, formats, mid, sctpPort }: DataSection): SdpSection {
  return {
    ...EMPTY_SECTION,
    kind: 'application',
    media: 'application',
    protocol,
    formats,
    mid,
    direction: 'sendrecv',
    sctp: { port: sctpPort, maxMessageSize: MAX_DATA_MESSAGE_BYTES },
  };
}

function describeRtp(section: RtpSection, isByStream: boolean): SdpSection {
  const receives = isReceiving(section);
  const sent = sentSubscription(section);
  const { codecs, formats } = describeCodecs(section, isByStream);
  return {
    ...EMPTY_SECTION,
    kind: section.kind,
    media: section.kind,
    protocol: section.protocol === '' ? RTP_PROTOCOL : section.protocol,
    formats,
    mid: section.mid,
    direction: directionOf(sent !== undefined, receives),
    rtcpMux: true,
    rtcpRsize: section.rtcpRsize,
    codecs,
    extensions: listedExtensions(section, isByStream),
    reportsByStream: isByStream,
    ...(sent !== undefined && describeSource(sent)),
    ...(receives && {
      rids: section.rids.map((id) => ({ id, direction: 'recv' as const, restrictions: '' })),
      simulcast: section.isSimulcast ? { send: [], recv: section.rids } : undefined,
    }),
  };
}

/** Whether the SFU receives packets on this section. */
export function isReceiving(section: RtpSection): boolean {
  return section.publication !== undefined && section.clientSends;
}

/** Returns the subscription that the SFU sends on this section, if the client receives there. */
export function sentSubscription(section: RtpSection): Subscription | undefined {
  return section.sending.type === 'live' && section.clientReceives ? section.sending.subscription : undefined;
}

function directionOf(sends: boolean, receives: boolean): SdpDirection {
  if (sends) return receives ? 'sendrecv' : 'sendonly';
  return receives ? 'recvonly' : 'inactive';
}

/**
 * Returns the codecs to list. A section that only sends lists what its source may send. One that also receives lists
 * all codecs, since the client must not lose the one it publishes with, and in the client's order: it sends the first.
 * So does an idle one, which may be used for any of them later.
 */
function listedCodecs(section: RtpSection): readonly NegotiatedCodec[] {
  const sent = sentSubscription(section);
  if (sent === undefined) return section.codecs;
  if (section.publication === undefined) return sent.codecs;
  return section.codecs.map((codec) => sent.codecs.find(({ payloadType }) => payloadType === codec.payloadType) ?? codec);
}

interface DescribedCodecs {
  readonly codecs: readonly SdpCodec[];
  readonly formats: readonly string[];
}

/** The lines of a codec list, by the circumstances that they also depend on. */
const describedCodecs = madeOnce((_listed: readonly NegotiatedCodec[]) => new Map<string, DescribedCodecs>());

function describeCodecs(section: RtpSection, isByStream: boolean): DescribedCodecs {
  const listed = listedCodecs(section);
  const circumstances = {
    publishes: isReceiving(section) && !isByStream,
    hasTransportWideCc: section.extensions.some(isTransportWideCc) && !isByStream,
  };
  const described = describedCodecs(listed);
  const key = `${circumstances.publishes} ${circumstances.hasTransportWideCc}`;
  const known = described.get(key);
  if (known !== undefined) return known;
  const codecs = listed.flatMap((codec) => describeCodec(codec, agreedFeedback(codec, circumstances)));
  const made = { codecs, formats: codecs.map(({ payloadType }) => String(payloadType)) };
  described.set(key, made);
  return made;
}

function describeCodec(codec: NegotiatedCodec, feedback: readonly SdpFeedback[]): readonly SdpCodec[] {
  const { payloadType, name, clockRateHz, channels, fmtp, rtxPayloadType } = codec;
  const primary = { payloadType, name, clockRateHz, channels, fmtp, feedback };
  if (rtxPayloadType === undefined) return [primary];
  const rtx = { payloadType: rtxPayloadType, name: 'rtx', clockRateHz, channels: 1, fmtp: `apt=${payloadType}`, feedback: [] };
  return [primary, rtx];
}

/**
 * Lists every extension that the client has offered here and the SFU uses in either direction. Once a description has
 * left out an extension, Chromium no longer offers it on any new m-section, and a publisher would then lack
 * transport-wide numbers or rids.
 */
const listedWithFeedback = madeOnce((extensions: readonly HeaderExtension[]): readonly SdpExtension[] => {
  const listed = [...publisherExtensions(extensions), ...extensions.filter(isForSubscribers)];
  const unique = new Map(listed.map((each) => [each.uri, each]));
  return [...unique.values()].map(({ id, uri, direction }) => ({ id, uri, direction: reversed(direction) }));
});

function listedExtensions(section: RtpSection, isByStream: boolean): readonly SdpExtension[] {
  const listed = listedWithFeedback(section.extensions);
  const isNumbered = !isByStream && listedCodecs(section).some(offersTransportCc);
  return isNumbered ? listed : listed.filter((each) => !isTransportWideCc(each));
}

/** Directions are stored from the client's point of view and written from the SFU's. */
function reversed(direction: SdpDirection): SdpDirection {
  if (direction === 'sendonly') return 'recvonly';
  return direction === 'recvonly' ? 'sendonly' : direction;
}

/** Chromium finds the track of a packet by these SSRCs if the first packets carry no MID. */
function describeSource({ ssrc, rtxSsrc, cname, msid }: Subscription): Pick<SdpSection, 'msids' | 'ssrcs' | 'ssrcGroups'> {
  const ssrcs = rtxSsrc === undefined ? [ssrc] : [ssrc, rtxSsrc];
  return {
    msids: [msid],
    ssrcs: ssrcs.map((each): SdpSsrc => ({ ssrc: each, cname, msid })),
    ssrcGroups: rtxSsrc === undefined ? [] : [{ semantics: 'FID', ssrcs }],
  };
}

/** Whether the client's packets on this section carry transport-wide sequence numbers. */
export function receivesTransportWideCc(section: RtpSection): boolean {
  return usesTransportWideCc(section.extensions) && section.codecs.some(offersTransportCc);
}
