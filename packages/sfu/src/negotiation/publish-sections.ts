/** Decides which m-sections of a client's offer become published tracks (docs/api.md §2). */
import type { MediaKind } from '@causeway/media';
import { type ErrorCode, parseTrackId, TrackId, type TrackName, TrackName as TrackNameSchema } from '@causeway/protocol';
import { isRejectedSection, type SdpSection } from '@causeway/wire';
import { invariant } from '../invariant.ts';
import { type InPieces, ITEMS_AT_ONCE, mapInPieces } from './in-pieces.ts';
import type { Publication, RandomSource, RtpSection, Section } from './state.ts';

/** The number of former ids under which a renamed publication is still found. */
const MAX_ALIASES = 8;

export interface PublishWish {
  readonly trackId: TrackId;
  readonly mid: string;
  /** Undefined keeps the current name. */
  readonly customTrackName: TrackName | undefined;
  /** Takes the name away from another track that has it. */
  readonly replacesName: boolean;
}

/** Which sending sections are published without a wish: those that start to send with this offer, all, or none. */
export type AutoPublish = 'new' | 'all' | 'none';

export type PublishOutcome =
  | { readonly type: 'published'; readonly mid: string; readonly isNew: boolean }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly description: string };

export interface PublishStep {
  readonly sections: readonly Section[];
  readonly publicationsNamed: number;
  /** One for each wish, in order. */
  readonly outcomes: readonly PublishOutcome[];
  /** Mids of sections that send and are not published. */
  readonly unpublishedMids: readonly string[];
}

/** Whether a track of that kind may be published under that name, which is empty for an unnamed track. */
export type MayPublish = (kind: MediaKind, customTrackName: string) => boolean;

export interface PublishContext {
  readonly sessionId: string;
  /** The number of publications that this session has named so far. */
  readonly publicationsNamed: number;
  /** The client's offer, section by section. */
  readonly offered: readonly SdpSection[];
  /** Mids of sections that sent before this offer. */
  readonly sentBefore: ReadonlySet<string>;
  readonly random: RandomSource;
  /** Default: everything may be published. */
  readonly mayPublish?: MayPublish | undefined;
}

/** Puts publications on m-sections of an offer: first those that wishes name, then those that are published automatically. */
export function* publishInPieces(
  sections: readonly Section[],
  wishes: readonly PublishWish[],
  auto: AutoPublish,
  context: PublishContext,
): InPieces<PublishStep> {
  const draft = new PublishDraft(sections, context);
  yield;
  const outcomes = yield* mapInPieces(wishes, (wish) => publishWished(draft, wish, context));
  for (const [index, section] of draft.sections.entries()) {
    if (index % ITEMS_AT_ONCE === 0) yield;
    if (section.type === 'rtp' && isAutoPublished(section, auto, context)) publishAnnounced(draft, section, context);
  }
  const unpublishedMids = draft.sections.filter((section) => isUnpublished(section)).map(({ mid }) => mid);
  return { sections: draft.sections, publicationsNamed: draft.publicationsNamed, outcomes, unpublishedMids };
}

/** The sections while publications are added to them one by one. Each is found without a search through the others. */
class PublishDraft {
  readonly sections: Section[];
  publicationsNamed: number;
  readonly #indexOfMid: ReadonlyMap<string, number>;
  readonly #offeredByMid: ReadonlyMap<string | undefined, SdpSection>;
  /** The mid of the section that holds each track id. */
  readonly #midOfTrack = new Map<string, string>();

  constructor(sections: readonly Section[], { publicationsNamed, offered }: PublishContext) {
    this.sections = [...sections];
    this.publicationsNamed = publicationsNamed;
    this.#indexOfMid = new Map(sections.map(({ mid }, index) => [mid, index]));
    this.#offeredByMid = new Map(offered.map((section) => [section.mid, section]));
    for (const section of sections) {
      if (section.type === 'rtp' && section.publication !== undefined) this.#midOfTrack.set(section.publication.trackId, section.mid);
    }
  }

  sectionOf(mid: string): Section | undefined {
    const index = this.#indexOfMid.get(mid);
    return index === undefined ? undefined : this.sections[index];
  }

  offeredOf(mid: string): SdpSection | undefined {
    return this.#offeredByMid.get(mid);
  }

  announcedOn({ mid }: RtpSection): AnnouncedTrack {
    const announced = this.offeredOf(mid);
    return announced === undefined ? { trackId: undefined, namesStream: false } : announcedTrack(announced);
  }

  /** Whether a section other than that of `mid` has the id. */
  isTrackIdTaken(trackId: TrackId, mid: string): boolean {
    const holder = this.#midOfTrack.get(trackId);
    return holder !== undefined && holder !== mid;
  }

  replace(section: RtpSection): void {
    const index = this.#indexOfMid.get(section.mid);
    invariant(index !== undefined, 'only sections of the draft are replaced');
    const former = this.sections[index];
    if (former?.type === 'rtp' && former.publication !== undefined) this.#midOfTrack.delete(former.publication.trackId);
    if (section.publication !== undefined) this.#midOfTrack.set(section.publication.trackId, section.mid);
    this.sections[index] = section;
  }
}

function isUnpublished(section: Section): boolean {
  return section.type === 'rtp' && section.clientSends && section.publication === undefined;
}

/** A section whose track was closed while the client continues to send is not published again by the next offer. */
function isAutoPublished(section: RtpSection, auto: AutoPublish, { sentBefore, mayPublish }: PublishContext): boolean {
  if (mayPublish?.(section.kind, NO_NAME) === false) return false;
  return isUnpublished(section) && (auto === 'all' || (auto === 'new' && !sentBefore.has(section.mid)));
}

function publishAnnounced(draft: PublishDraft, section: RtpSection, context: PublishContext): void {
  const announced = draft.announcedOn(section);
  const wanted = announced.trackId ?? fallbackTrackId(section.mid, context.random);
  const trackId = uniqueTrackId(wanted, section.mid, (id) => draft.isTrackIdTaken(id, section.mid), context.random);
  putNewPublication(draft, section, context, {
    trackId,
    aliases: [],
    customTrackName: NO_NAME,
    isExplicit: false,
    namesStream: announced.namesStream,
  });
}

const NO_NAME = TrackNameSchema.parse('');

function publishWished(draft: PublishDraft, wish: PublishWish, context: PublishContext): PublishOutcome {
  const section = findSection(draft, wish);
  if (section === undefined) return notPublishable(wish, draft);
  const problem = checkSending(section);
  if (problem !== undefined) return problem;
  const name = wish.customTrackName ?? section.publication?.customTrackName ?? NO_NAME;
  if (context.mayPublish?.(section.kind, name) === false) return notAllowed(section, name);
  if (!claimName(draft, section, wish)) {
    return failed('track_name_conflict', `another track of this session is named ${wish.customTrackName}`);
  }
  const isNew = section.publication === undefined;
  putWished(draft, section, wish, context);
  return { type: 'published', mid: section.mid, isNew };
}

/** Searches by mid, then by track id: the mid may not be in the offer, while the track id is unambiguous. */
function findSection(draft: PublishDraft, wish: PublishWish): RtpSection | undefined {
  const byMid = draft.sectionOf(wish.mid);
  if (byMid !== undefined) return byMid.type === 'rtp' ? byMid : undefined;
  return draft.sections.find((section): section is RtpSection => {
    if (section.type !== 'rtp') return false;
    return leadsTo(section.publication, wish.trackId) || draft.announcedOn(section).trackId === wish.trackId;
  });
}

function notPublishable({ mid }: PublishWish, draft: PublishDraft): PublishOutcome {
  const section = draft.offeredOf(mid);
  if (section === undefined || isRejectedSection(section) || (section.kind !== 'audio' && section.kind !== 'video')) {
    return failed('track_not_found', `the offer has no audio or video m-section in use with mid ${mid}`);
  }
  return failed('codec_mismatch', `no codec of m-section ${mid} is supported`);
}

function notAllowed({ kind }: RtpSection, name: string): PublishOutcome {
  const track = name === '' ? `${kind} without a name` : `${kind} named ${name}`;
  return failed('forbidden', `the caller may not publish ${track}`);
}

function checkSending(section: RtpSection): PublishOutcome | undefined {
  if (section.clientSends) return undefined;
  return failed('invalid_params', `m-section ${section.mid} of the offer does not send; its direction must be sendonly or sendrecv`);
}

/** @returns whether the section may have the name; false if another track has it and keeps it */
function claimName(draft: PublishDraft, section: RtpSection, wish: PublishWish): boolean {
  const name = wish.customTrackName;
  if (name === undefined || name === '') return true;
  const holder = draft.sections.find(
    (each) => each.type === 'rtp' && each.mid !== section.mid && each.publication?.customTrackName === name,
  );
  if (holder?.type !== 'rtp' || holder.publication === undefined) return true;
  if (!wish.replacesName) return false;
  draft.replace({ ...holder, publication: { ...holder.publication, customTrackName: NO_NAME } });
  return true;
}

function putWished(draft: PublishDraft, section: RtpSection, wish: PublishWish, context: PublishContext): void {
  const announced = draft.announcedOn(section);
  const trackId = uniqueTrackId(wish.trackId, section.mid, (id) => draft.isTrackIdTaken(id, section.mid), context.random);
  const known = section.publication;
  const formerIds = [...(known?.aliases ?? []), known?.trackId, announced.trackId];
  const distinct = [...new Set(formerIds.filter((id) => id !== undefined && id !== trackId))] as readonly string[];
  const aliases = distinct.slice(-MAX_ALIASES);
  const customTrackName = wish.customTrackName ?? known?.customTrackName ?? NO_NAME;
  const facts = { trackId, aliases, customTrackName, isExplicit: true, namesStream: announced.namesStream };
  if (known === undefined) putNewPublication(draft, section, context, facts);
  else draft.replace({ ...section, publication: { ...known, ...facts, isHidden: false } });
}

type PublicationFacts = Pick<Publication, 'trackId' | 'aliases' | 'customTrackName' | 'isExplicit' | 'namesStream'>;

function putNewPublication(draft: PublishDraft, section: RtpSection, { sessionId }: PublishContext, facts: PublicationFacts): void {
  const id = `${sessionId}/p${draft.publicationsNamed++}`;
  draft.replace({ ...section, publication: { id, ...facts, status: 'pending', isHidden: false } });
}

/** Whether a request with this id refers to the publication. */
export function leadsTo(publication: Publication | undefined, trackId: string): boolean {
  return publication !== undefined && (publication.trackId === trackId || publication.aliases.includes(trackId));
}

function failed(code: ErrorCode, description: string): PublishOutcome {
  return { type: 'failed', code, description };
}

/** The stream that browsers write for a track without one. */
const NO_STREAM = '-';
const FALLBACK_RANDOM_BYTES = 4;

interface AnnouncedTrack {
  readonly trackId: TrackId | undefined;
  readonly namesStream: boolean;
}

/**
 * Returns the track that a section announces: the second word of `a=msid`, or else of `a=ssrc:… msid:`.
 *
 * @returns an undefined `trackId` if it announces none, or one that is not valid in a request
 */
function announcedTrack(section: SdpSection): AnnouncedTrack {
  const msid = section.msids.find(({ trackId }) => trackId !== undefined) ?? section.ssrcs.find(({ msid }) => msid !== undefined)?.msid;
  const streamId = msid?.streamId ?? section.msids[0]?.streamId;
  return { trackId: parseTrackId(msid?.trackId ?? ''), namesStream: streamId !== undefined && streamId !== NO_STREAM };
}

/** Returns an id for a section that announces none: `trk-<mid>-<8 hex digits>`. */
function fallbackTrackId(mid: string, random: RandomSource): TrackId {
  const suffix = [...random.bytes(FALLBACK_RANDOM_BYTES)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return parseTrackId(`trk-${mid}-${suffix}`) ?? TrackId.parse(`trk-${suffix}`);
}

/** Appends `#<mid>` if another section has the id, since one `MediaStreamTrack` may be sent on two m-sections. */
function uniqueTrackId(wanted: TrackId, mid: string, isTaken: (trackId: TrackId) => boolean, random: RandomSource): TrackId {
  if (!isTaken(wanted)) return wanted;
  const suffixed = parseTrackId(`${wanted}#${mid}`);
  return suffixed !== undefined && !isTaken(suffixed) ? suffixed : fallbackTrackId(mid, random);
}
