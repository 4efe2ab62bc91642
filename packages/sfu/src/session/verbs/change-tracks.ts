import {
  type ClosedTrackResult,
  type CloseTrackItem,
  type CloseTracksReply,
  type CloseTracksRequest,
  type PatchTrackReply,
  type PatchTrackRequest,
  SfuError,
  type TokenGrants,
  TrackName,
} from '@causeway/protocol';
import { editPublication, leadsTo, type Negotiation, type Publication, publications } from '../../negotiation/index.ts';
import { publishedTrack } from '../announcer.ts';
import type { Session } from '../session.ts';
import { publishRuleOf } from '../session-access.ts';
import { answerClientOffer, commitAnswered, readClientOffer } from './answer-client-offer.ts';
import { trackSummary } from './describe.ts';

/** `PATCH /session/:session_id/track/:track_id`: renames a published track, or announces that it is muted. */
export function patchTrack(
  session: Session,
  trackId: string,
  request: PatchTrackRequest,
  caller: TokenGrants | undefined,
): Promise<PatchTrackReply> {
  return session.run(async () => {
    const { publication, section } = requirePublication(session, trackId);
    const name = request.customTrackName ?? publication.customTrackName;
    if (publishRuleOf(caller)?.(section.kind, name) === false) {
      throw new SfuError('forbidden', `the caller may not publish ${section.kind} under the name ${JSON.stringify(name)}`);
    }
    const freed = freeName(session.negotiation, publication, name, request.replace === true);
    session.commit(editPublication(freed, publication.id, (former) => changed(former, name, request.muted)));
    const live = requirePublication(session, trackId);
    return trackSummary(publishedTrack(session.appId, session.id, live).record);
  });
}

/** Finds a track by id; a track's own id takes precedence over another's alias. */
function requirePublication({ id, negotiation }: Session, trackId: string): ReturnType<typeof publications>[number] {
  const published = publications(negotiation);
  const found =
    published.find(({ publication }) => publication.trackId === trackId) ??
    published.find(({ publication }) => leadsTo(publication, trackId));
  if (found === undefined) throw new SfuError('track_not_found', `session ${id} publishes no track ${trackId}`);
  return found;
}

function freeName(state: Negotiation, { id }: Publication, name: TrackName, replaces: boolean): Negotiation {
  const holder = publications(state).find(({ publication }) => publication.id !== id && publication.customTrackName === name);
  if (name === '' || holder === undefined) return state;
  if (!replaces) throw new SfuError('track_name_conflict', `another track of this session is named ${name}`);
  return editPublication(state, holder.publication.id, (former) => ({ ...former, customTrackName: TrackName.parse('') }));
}

/** Applies the change. A track that a call has named is listed even without media, like one that a call has published. */
function changed({ isMuted, ...former }: Publication, customTrackName: TrackName, muted: boolean | undefined): Publication {
  const staysMuted = muted ?? isMuted === true;
  return { ...former, customTrackName, isExplicit: true, isHidden: false, ...(staysMuted && { isMuted: true }) };
}

/** `POST /track/close`: ends publications. Nothing is received on their m-sections, whatever the client's offer says about them. */
export function closeTracks(session: Session, request: CloseTracksRequest): Promise<CloseTracksReply> {
  return session.run(async () => {
    const sdp = request.force === true ? undefined : request.sessionDescription?.sdp;
    const offer = sdp === undefined ? undefined : await readClientOffer(session, sdp);
    let state = session.negotiation;
    const tracks = request.tracks.map((item) => {
      const closed = closeOne(state, item);
      state = closed.state;
      return closed.result;
    });
    if (offer === undefined) {
      session.commit(state);
      return { sessionId: session.id, success: true, tracks };
    }
    const client = answerClientOffer(session, state, offer, { publish: [], autoPublish: 'none', subscribe: [] });
    const sessionDescription = await commitAnswered(session, client);
    return { sessionId: session.id, success: true, sessionDescription, tracks };
  });
}

function closeOne(state: Negotiation, item: CloseTrackItem): { readonly state: Negotiation; readonly result: ClosedTrackResult } {
  const found = findPublication(state, item);
  if (found === undefined) return { state, result: { trackId: item.trackId, mid: item.mid, status: 'already_closed' } };
  const { section, publication } = found;
  return {
    state: editPublication(state, publication.id, () => undefined),
    result: { trackId: publication.trackId, mid: section.mid, customTrackName: publication.customTrackName, status: 'closed' },
  };
}

/** Finds a publication by id or mid; a track's own id takes precedence over another's alias. */
function findPublication(state: Negotiation, { trackId, mid }: CloseTrackItem): ReturnType<typeof publications>[number] | undefined {
  const published = publications(state);
  if (trackId === undefined) return published.find(({ section }) => section.mid === mid);
  return (
    published.find(({ publication }) => publication.trackId === trackId) ??
    published.find(({ publication }) => leadsTo(publication, trackId))
  );
}
