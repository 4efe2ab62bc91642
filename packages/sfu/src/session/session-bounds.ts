/** What a token, or a full node, keeps a session from having. */
import type { TransportPlan } from '@causeway/media';
import { SfuError, type TokenGrants } from '@causeway/protocol';
import { type MediaPlan, type Negotiation, publications, subscriptions } from '../negotiation/index.ts';

/** What a session may send and be sent, where its token says so. */
export type SessionRates = Pick<TransportPlan, 'maxUploadBps' | 'maxDownloadBps'>;

const BPS_PER_KBPS = 1_000;

export function ratesOf(creator: TokenGrants | undefined): SessionRates {
  const { kbpsUp, kbpsDown } = creator?.max ?? {};
  return {
    ...(kbpsUp !== undefined && { maxUploadBps: kbpsUp * BPS_PER_KBPS }),
    ...(kbpsDown !== undefined && { maxDownloadBps: kbpsDown * BPS_PER_KBPS }),
  };
}

/** The plan with its transport held to these rates. */
export function withRates(media: MediaPlan, rates: SessionRates): MediaPlan {
  const { transport } = media;
  if (transport === undefined || Object.keys(rates).length === 0) return media;
  return { ...media, transport: { ...transport, ...rates } };
}

/** The plan without what the session may not be sent for now; the m-sections and what the API says of them stay as they are. */
export function withHeld(media: MediaPlan, heldIds: ReadonlySet<string>): MediaPlan {
  if (heldIds.size === 0) return media;
  const subscriptions = Array.from(media.subscriptions, ([id, plan]) => [id, heldIds.has(id) ? { ...plan, paused: true } : plan] as const);
  return { ...media, subscriptions: new Map(subscriptions) };
}

/** Publications, and subscriptions with those of unanswered offers. */
export function trackCount(state: Negotiation): number {
  return publications(state).length + subscriptions(state).length;
}

/**
 * @param maxTracks of the token; undefined for no bound
 * @throws quota_exceeded – there would be more tracks than that, and more than now
 */
export function checkOwnTracks(maxTracks: number | undefined, count: number, countNow: number): void {
  if (maxTracks === undefined || count <= countNow || count <= maxTracks) return;
  throw new SfuError('quota_exceeded', `the token allows ${maxTracks} tracks and subscriptions in a session`);
}
