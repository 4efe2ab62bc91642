import type { LiveSubscription } from './edit-sections.ts';
import { editSubscription } from './edit-sections.ts';
import { canCarry } from './place-subscriptions.ts';
import type { Negotiation, TrackSource } from './state.ts';

/**
 * Sends another track under the same SSRC. Nothing of it is in the SDP but the `a=msid`, which stays as it was offered.
 *
 * @returns undefined if kind or codec do not fit what is negotiated on the m-section
 */
export function switchSource(
  state: Negotiation,
  { section, subscription }: LiveSubscription,
  source: TrackSource,
  followedName: string | undefined,
): Negotiation | undefined {
  const [primary] = source.codecs;
  const negotiated = primary && subscription.codecs.find(({ identity }) => identity === primary.identity);
  if (negotiated === undefined || !canCarry({ ...section, clientReceives: true }, source)) return undefined;
  return editSubscription(state, subscription.id, (current) => ({
    ...current,
    remoteSessionId: source.remoteSessionId,
    remoteTrackId: source.remoteTrackId,
    followedName,
    sourceTrackId: source.sourceTrackId,
    sourceRids: source.rids,
    codecs: [negotiated, ...current.codecs.filter((codec) => codec !== negotiated)],
  }));
}
