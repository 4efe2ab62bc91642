/** Which m-sections of a client's offer become published tracks (api.md §2). */
import type { ErrorCode, TrackId, TrackName } from '@causeway/protocol';
import { TrackName as TrackNameSchema } from '@causeway/protocol';
import { isRejectedSection, type SdpSection } from '@causeway/wire';
import type { Publication, RandomSource, RtpSection, Section } from './state.ts';
import { type AnnouncedTrack, announcedTrack, fallbackTrackId, uniqueTrackId } from './track-ids.ts';

/** A publication that is named again and again is found by so many of its latest ids. */
const MAX_ALIASES = 8;

export interface PublishWish {
  readonly trackId: TrackId;
  readonly mid: string;
  /** Undefined keeps the name that the track has. */
  readonly customTrackName: TrackName | undefined;
  /** Takes the name from the track that has it. */
  readonly replacesName: boolean;
}

/** Which sending sections are published that no wish names: those that begin to send with this offer, all, or none. */
export type AutoPublish = 'new' | 'all' | 'none';

export type PublishOutcome =
  | { readonly type: 'published'; readonly mid: string; readonly isNew: boolean }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly description: string };

export interface PublishStep {
  readonly sections: readonly Section[];
  readonly publicationsNamed: number;
  /** One for each wish, in order. */
  readonly outcomes: readonly PublishOutcome[];
  /** Mids of sections that send and stay unpublished. */
  readonly unpublishedMids: readonly string[];
}

export interface PublishContext {
  readonly sessionId: string;
  /** Publications this session has named so far. */
  readonly publicationsNamed: number;
  /** The client's offer, section by section. */
  readonly offered: readonly SdpSection[];
  /** Mids of sections that sent before this offer. */
  readonly sentBefore: ReadonlySet<string>;
  readonly random: RandomSource;
}

export function publishSections(
  sections: readonly Section[],
  wishes: readonly PublishWish[],
  auto: AutoPublish,
  context: PublishContext,
): PublishStep {
  let draft: Draft = { sections, publicationsNamed: context.publicationsNamed };
  const outcomes: PublishOutcome[] = [];
  for (const wish of wishes) {
    const step = publishWished(draft, wish, context);
    draft = step.draft;
    outcomes.push(step.outcome);
  }
  for (const section of draft.sections) {
    if (section.type === 'rtp' && isAutoPublished(section, auto, context)) draft = publishAnnounced(draft, section, context);
  }
  const unpublishedMids = draft.sections.filter((section) => isUnpublished(section)).map(({ mid }) => mid);
  return { ...draft, outcomes, unpublishedMids };
}

interface Draft {
  readonly sections: readonly Section[];
  readonly publicationsNamed: number;
}

function isUnpublished(section: Section): boolean {
  return section.type === 'rtp' && section.clientSends && section.publication === undefined;
}

/** A section whose track was closed while the client goes on sending is not published again by the next offer. */
function isAutoPublished(section: RtpSection, auto: AutoPublish, { sentBefore }: PublishContext): boolean {
  return isUnpublished(section) && (auto === 'all' || (auto === 'new' && !sentBefore.has(section.mid)));
}

function publishAnnounced(draft: Draft, section: RtpSection, context: PublishContext): Draft {
  const announced = announcedOn(section, context);
  const wanted = announced.trackId ?? fallbackTrackId(section.mid, context.random);
  const trackId = uniqueTrackId(wanted, section.mid, (id) => isTrackIdTaken(draft.sections, id, section.mid), context.random);
  return withNewPublication(draft, section, context, {
    trackId,
    aliases: [],
    customTrackName: NO_NAME,
    isExplicit: false,
    namesStream: announced.namesStream,
  });
}

const NO_NAME = TrackNameSchema.parse('');

function publishWished(
  draft: Draft,
  wish: PublishWish,
  context: PublishContext,
): { readonly draft: Draft; readonly outcome: PublishOutcome } {
  const section = findSection(draft.sections, wish, context);
  if (section === undefined) return { draft, outcome: notPublishable(wish, context) };
  const problem = checkSending(section);
  if (problem !== undefined) return { draft, outcome: problem };
  const named = claimName(draft, section, wish);
  if (named === undefined) {
    return { draft, outcome: failed('track_name_conflict', `another track of this session is named ${wish.customTrackName}`) };
  }
  const isNew = section.publication === undefined;
  return { draft: putWished(named, section, wish, context), outcome: { type: 'published', mid: section.mid, isNew } };
}

/** By mid; a mid that the offer does not have may be a slip, while the track id is certain. */
function findSection(sections: readonly Section[], wish: PublishWish, context: PublishContext): RtpSection | undefined {
  const byMid = sections.find(({ mid }) => mid === wish.mid);
  if (byMid !== undefined) return byMid.type === 'rtp' ? byMid : undefined;
  return sections.find((section): section is RtpSection => {
    if (section.type !== 'rtp') return false;
    return leadsTo(section.publication, wish.trackId) || announcedOn(section, context).trackId === wish.trackId;
  });
}

function notPublishable({ mid }: PublishWish, { offered }: PublishContext): PublishOutcome {
  const section = offered.find((each) => each.mid === mid && (each.kind === 'audio' || each.kind === 'video'));
  if (section === undefined || isRejectedSection(section)) {
    return failed('track_not_found', `the offer has no audio or video m-section in use with mid ${mid}`);
  }
  return failed('codec_mismatch', `no codec of m-section ${mid} is supported`);
}

function checkSending(section: RtpSection): PublishOutcome | undefined {
  if (section.clientSends) return undefined;
  return failed('invalid_params', `m-section ${section.mid} of the offer does not send; its direction must be sendonly or sendrecv`);
}

/** @returns undefined if another track has the name and keeps it */
function claimName(draft: Draft, section: RtpSection, wish: PublishWish): Draft | undefined {
  const name = wish.customTrackName;
  if (name === undefined || name === '') return draft;
  const holder = draft.sections.find(
    (each) => each.type === 'rtp' && each.mid !== section.mid && each.publication?.customTrackName === name,
  );
  if (holder?.type !== 'rtp' || holder.publication === undefined) return draft;
  if (!wish.replacesName) return undefined;
  return replaceSection(draft, { ...holder, publication: { ...holder.publication, customTrackName: NO_NAME } });
}

function putWished(draft: Draft, section: RtpSection, wish: PublishWish, context: PublishContext): Draft {
  const announced = announcedOn(section, context);
  const trackId = uniqueTrackId(wish.trackId, section.mid, (id) => isTrackIdTaken(draft.sections, id, section.mid), context.random);
  const known = section.publication;
  const formerIds = [...(known?.aliases ?? []), known?.trackId, announced.trackId];
  const distinct = [...new Set(formerIds.filter((id) => id !== undefined && id !== trackId))] as readonly string[];
  const aliases = distinct.slice(-MAX_ALIASES);
  const customTrackName = wish.customTrackName ?? known?.customTrackName ?? NO_NAME;
  const facts = { trackId, aliases, customTrackName, isExplicit: true, namesStream: announced.namesStream };
  if (known === undefined) return withNewPublication(draft, section, context, facts);
  return replaceSection(draft, { ...section, publication: { ...known, ...facts, isHidden: false } });
}

type PublicationFacts = Pick<Publication, 'trackId' | 'aliases' | 'customTrackName' | 'isExplicit' | 'namesStream'>;

function withNewPublication(draft: Draft, section: RtpSection, context: PublishContext, facts: PublicationFacts): Draft {
  const id = `${context.sessionId}/p${draft.publicationsNamed}`;
  const publication: Publication = { id, ...facts, status: 'pending', isHidden: false };
  return { ...replaceSection(draft, { ...section, publication }), publicationsNamed: draft.publicationsNamed + 1 };
}

function replaceSection(draft: Draft, section: RtpSection): Draft {
  return { ...draft, sections: draft.sections.map((each) => (each.mid === section.mid ? section : each)) };
}

function announcedOn(section: RtpSection, { offered }: PublishContext): AnnouncedTrack {
  const announced = offered.find(({ mid }) => mid === section.mid);
  return announced === undefined ? { trackId: undefined, namesStream: false } : announcedTrack(announced);
}

function isTrackIdTaken(sections: readonly Section[], trackId: TrackId, mid: string): boolean {
  return sections.some((section) => section.type === 'rtp' && section.mid !== mid && section.publication?.trackId === trackId);
}

/** Whether a request that names this id means the publication. */
export function leadsTo(publication: Publication | undefined, trackId: string): boolean {
  return publication !== undefined && (publication.trackId === trackId || publication.aliases.includes(trackId));
}

function failed(code: ErrorCode, description: string): PublishOutcome {
  return { type: 'failed', code, description };
}
