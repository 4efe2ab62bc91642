import type { ClosedTrackResult, CloseTrackItem, CloseTracksReply, CloseTracksRequest } from '@causeway/protocol';
import { editPublication, leadsTo, type Negotiation, publications } from '../../negotiation/index.ts';
import type { Session } from '../session.ts';
import { answerClientOffer, commitAnswered, readClientOffer } from './answer-client-offer.ts';

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
