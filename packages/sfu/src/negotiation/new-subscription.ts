/** Puts a track on an existing or new m-section: chooses the codecs, extension ids and SSRCs of the subscription. */
import type { MediaKind } from '@causeway/media';
import { invariant } from '../invariant.ts';
import {
  type IdentifiedCodec,
  listsNack,
  type NegotiatedCodec,
  OPUS_IDENTITY,
  payloadTypeCandidates,
  RED_IDENTITY,
  rtxMeaning,
  shareCodecs,
  subscriberFeedback,
} from './codecs.ts';
import { reportsByStream, subscriptionsOn } from './edit-sections.ts';
import {
  extensionMeaning,
  type HeaderExtension,
  idCandidates,
  isSameKindMeaning,
  shareExtensions,
  subscriberExtensions,
  subscriberUris,
} from './header-extensions.ts';
import type { LayerWish } from './layer-choice.ts';
import { allocateNumber, learnNumbers, type NumberTable } from './number-table.ts';
import type { Negotiation, RandomSource, RtpSection, Section, Subscription, TrackSource } from './state.ts';

export interface SubscriptionWish {
  readonly source: TrackSource;
  readonly mid: string | undefined;
  readonly followedName: string | undefined;
  readonly isPaused: boolean;
  readonly layers: LayerWish;
  /** Asks for another copy of a track that is already subscribed to. */
  readonly isDuplicate: boolean;
}

const RTP_PROTOCOL = 'UDP/TLS/RTP/SAVPF';
/** SSRCs are random (RFC 3550 §8). 0 and all ones are avoided, because some receivers read them as "none". */
const MAX_SSRC = 0xff_ff_ff_fe;

export interface Placed {
  readonly state: Negotiation;
  readonly subscription: Subscription;
}

/** Names already in use in the session, which a new subscription must not have. Each new one is added. */
export interface TakenNames {
  /** SSRCs of both directions, so that none can be mistaken for another. */
  readonly ssrcs: Set<number>;
  /** Stream and track of the subscriptions, with a space between them. */
  readonly msids: Set<string>;
}

export function takenNames(sections: readonly Section[]): TakenNames {
  return { ssrcs: usedSsrcs(sections), msids: new Set(subscriptionsOn(sections).map(({ subscription }) => msidText(subscription.msid))) };
}

export interface NamingContext {
  readonly taken: TakenNames;
  readonly random: RandomSource;
}

/** @returns the state with the subscription live on that section */
export function subscribeOn(state: Negotiation, section: RtpSection, wish: SubscriptionWish, naming: NamingContext): Placed {
  const sent = wish.source.codecs.map((codec) => onSection(codec, section)).filter((codec) => codec !== undefined);
  const red = sent.some(isOpus) ? section.codecs.filter(({ identity }) => identity === RED_IDENTITY) : [];
  const codecs = [...sent, ...red];
  const extensions = subscriberExtensions(section.extensions, wish.source.extensionUris);
  const subscription = createSubscription(state, wish, { codecs, extensions }, naming);
  const live: Section = { ...section, sending: { type: 'live', subscription } };
  return {
    state: countSubscription({ ...state, sections: state.sections.map((each) => (each.mid === section.mid ? live : each)) }),
    subscription,
  };
}

/** @returns the state with one more m-section; undefined if no payload type is left for the track's codec */
export function subscribeOnNewSection(state: Negotiation, wish: SubscriptionWish, naming: NamingContext): Placed | undefined {
  const withCodecs = allocateCodecs(state, wish.source);
  const [primary] = wish.source.codecs;
  if (primary === undefined || !withCodecs.codecs.some(({ identity }) => identity === primary.identity)) return undefined;
  const { state: numbered, extensions } = allocateExtensions(withCodecs.state, wish.source.kind, subscriberUris(wish.source.extensionUris));
  const { codecs } = withCodecs;
  const { mid, state: named } = nextMid(numbered);
  const subscription = createSubscription(named, wish, { codecs, extensions }, naming);
  const section: RtpSection = {
    type: 'rtp',
    mid,
    kind: wish.source.kind,
    protocol: RTP_PROTOCOL,
    clientSends: false,
    clientReceives: true,
    codecs,
    extensions,
    rtcpRsize: true,
    ssrcs: [],
    rids: [],
    isSimulcast: false,
    publication: undefined,
    sending: { type: 'live', subscription },
  };
  return { state: countSubscription({ ...named, sections: [...named.sections, section] }), subscription };
}

/** Returns the codec as negotiated on the section, with the section's payload type. */
export function onSection(codec: IdentifiedCodec, section: RtpSection): NegotiatedCodec | undefined {
  const known = section.codecs.find(({ identity }) => identity === codec.identity);
  if (known === undefined) return undefined;
  // Parameters of Opus describe the stream (stereo); those of video codecs describe what the client can decode.
  return section.kind === 'audio' && codec.fmtp !== '' ? { ...known, fmtp: codec.fmtp } : known;
}

/**
 * Adds the extensions that packets of the source may carry and the client has not listed on the section. An offer may
 * do so, and the answer tells what the client accepts. Browsers do not list the dependency descriptor on an m-section
 * that only receives, but cannot decode AV1 spatial layers without it.
 */
export function withExtensionsOf(
  state: Negotiation,
  section: RtpSection,
  source: TrackSource,
): { readonly state: Negotiation; readonly section: RtpSection } {
  const missing = subscriberUris(source.extensionUris).filter((uri) => !section.extensions.some((listed) => listed.uri === uri));
  if (missing.length === 0) return { state, section };
  const allocated = allocateExtensions(state, section.kind, missing);
  return { state: allocated.state, section: { ...section, extensions: [...section.extensions, ...allocated.extensions] } };
}

function createSubscription(
  state: Negotiation,
  { source, followedName, isPaused, layers }: SubscriptionWish,
  negotiated: Pick<Subscription, 'codecs' | 'extensions'>,
  { taken, random }: NamingContext,
): Subscription {
  const ssrc = freshSsrc(taken.ssrcs, random);
  const hasRtx = negotiated.codecs.some(({ rtxPayloadType }) => rtxPayloadType !== undefined);
  return {
    id: `${state.sessionId}/s${state.named.subscriptions}`,
    remoteSessionId: source.remoteSessionId,
    remoteTrackId: source.remoteTrackId,
    followedName,
    sourceTrackId: source.sourceTrackId,
    sourceRids: source.rids,
    ssrc,
    rtxSsrc: hasRtx ? freshSsrc(taken.ssrcs, random) : undefined,
    // Audio and video of one publisher are synchronised by their common CNAME (RFC 3550 §6.5.1).
    cname: source.remoteSessionId,
    msid: uniqueMsid(source, taken.msids),
    ...negotiated,
    isPaused,
    layers,
  };
}

/** Chromium refuses two sections with the same stream and track, which two copies of one track would have. */
function uniqueMsid({ remoteSessionId, remoteTrackId }: TrackSource, taken: Set<string>): Subscription['msid'] {
  let msid = { streamId: remoteSessionId, trackId: remoteTrackId };
  for (let copy = 2; taken.has(msidText(msid)); copy++) msid = { ...msid, trackId: `${remoteTrackId}#${copy}` };
  taken.add(msidText(msid));
  return msid;
}

function msidText({ streamId, trackId }: Subscription['msid']): string {
  return `${streamId} ${trackId}`;
}

function countSubscription(state: Negotiation): Negotiation {
  return { ...state, named: { ...state.named, subscriptions: state.named.subscriptions + 1 } };
}

function usedSsrcs(sections: readonly Section[]): Set<number> {
  const used = new Set<number>();
  for (const section of sections) {
    if (section.type !== 'rtp') continue;
    for (const { ssrc, rtxSsrc } of section.ssrcs) used.add(ssrc).add(rtxSsrc ?? ssrc);
    if (section.sending.type === 'live') used.add(section.sending.subscription.ssrc).add(section.sending.subscription.rtxSsrc ?? 0);
  }
  return used;
}

const MAX_SSRC_DRAWS = 100;

/** @returns an unused SSRC, which is added to `used` */
function freshSsrc(used: Set<number>, random: RandomSource): number {
  for (let draw = 0; draw < MAX_SSRC_DRAWS; draw++) {
    const ssrc = random.bytes(4).reduce((number, byte) => number * 256 + byte, 0);
    if (ssrc === 0 || ssrc > MAX_SSRC || used.has(ssrc)) continue;
    used.add(ssrc);
    return ssrc;
  }
  invariant(false, 'a random 32-bit number is free at the first or second draw');
}

/** Chooses the mid of a new m-section of the SFU, other than those of the client. */
export function nextMid(state: Negotiation): { readonly mid: string; readonly state: Negotiation } {
  let mids = state.named.mids;
  while (state.sections.some(({ mid }) => mid === `s${mids}`)) mids++;
  return { mid: `s${mids}`, state: { ...state, named: { ...state.named, mids: mids + 1 } } };
}

function allocateCodecs(
  state: Negotiation,
  source: TrackSource,
): { readonly state: Negotiation; readonly codecs: readonly NegotiatedCodec[] } {
  let table = state.payloadTypes;
  const codecs: NegotiatedCodec[] = [];
  const isByStream = reportsByStream(state.sections);
  const listed = source.kind === 'audio' ? state.sections.flatMap((section) => (section.type === 'rtp' ? section.codecs : [])) : [];
  for (const { name, clockRateHz, channels, fmtp, identity } of source.codecs) {
    const primary = allocateNumber(table, identity, payloadTypeCandidates(name));
    if (primary === undefined) continue;
    const rtx = source.kind === 'video' ? allocateNumber(primary.table, rtxMeaning(identity), payloadTypeCandidates('rtx')) : undefined;
    table = rtx?.table ?? primary.table;
    const feedback = subscriberFeedback(source.kind, isByStream, listsNack(identity, listed));
    const payloadTypes = { payloadType: primary.number, rtxPayloadType: rtx?.number };
    codecs.push({ ...payloadTypes, name, clockRateHz, channels, fmtp, feedback, identity });
  }
  const opus = codecs.find(isOpus);
  const red = opus && acceptsRed(state) ? allocateNumber(table, RED_IDENTITY, payloadTypeCandidates('red')) : undefined;
  if (opus !== undefined && red !== undefined) {
    table = red.table;
    codecs.push({
      ...opus,
      payloadType: red.number,
      name: 'red',
      fmtp: `${opus.payloadType}/${opus.payloadType}`,
      feedback: [],
      identity: RED_IDENTITY,
    });
  }
  return { state: { ...state, payloadTypes: table }, codecs: shareCodecs(codecs) };
}

/**
 * Whether the client has listed RED. A client that has described no audio yet is offered RED, and its answer says whether it accepts it.
 */
function acceptsRed({ payloadTypes: { numberOf } }: Negotiation): boolean {
  return numberOf.has(RED_IDENTITY) || !numberOf.has(OPUS_IDENTITY);
}

function isOpus({ identity }: NegotiatedCodec): boolean {
  return identity === OPUS_IDENTITY;
}

function allocateExtensions(
  state: Negotiation,
  kind: MediaKind,
  uris: readonly string[],
): { readonly state: Negotiation; readonly extensions: readonly HeaderExtension[] } {
  let table = state.extensionIds;
  const extensions: HeaderExtension[] = [];
  for (const uri of uris) {
    const allocated = allocateExtensionId(table, kind, uri, state.allowsMixedExtensions);
    if (allocated === undefined) continue;
    table = allocated.table;
    extensions.push({ id: allocated.number, uri, direction: 'sendrecv' });
  }
  return { state: { ...state, extensionIds: table }, extensions: shareExtensions(extensions) };
}

/** Uses the same id for both kinds if it can: browsers look for the MID of all bundled sections under a single id. */
function allocateExtensionId(table: NumberTable, kind: MediaKind, uri: string, allowsMixed: boolean): ReturnType<typeof allocateNumber> {
  const meaning = extensionMeaning(kind, uri);
  const elsewhere = table.numberOf.get(extensionMeaning(kind === 'audio' ? 'video' : 'audio', uri));
  if (elsewhere === undefined || table.numberOf.has(meaning)) return allocateNumber(table, meaning, idCandidates(allowsMixed));
  return { table: learnNumbers(table, [[meaning, elsewhere]], isSameKindMeaning), number: elsewhere };
}
