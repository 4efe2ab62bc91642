import type { MediaPlan } from '../negotiation/index.ts';

/** The plan without what the session may not be sent for now; the m-sections and what the API says of them stay as they are. */
export function withHeld(media: MediaPlan, heldIds: ReadonlySet<string>): MediaPlan {
  if (heldIds.size === 0) return media;
  const subscriptions = Array.from(media.subscriptions, ([id, plan]) => [id, heldIds.has(id) ? { ...plan, paused: true } : plan] as const);
  return { ...media, subscriptions: new Map(subscriptions) };
}
