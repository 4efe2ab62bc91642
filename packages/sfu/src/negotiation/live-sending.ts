/**
 * Changes to a live subscription whose m-section stays: the track that it receives, and the payload types and ids that
 * the client lists.
 */

import { type NegotiatedCodec, shareCodecs } from './codecs.ts';
import { editSubscription, type LiveSubscription, parked } from './edit-sections.ts';
import { continuedExtensions, shareExtensions } from './header-extensions.ts';
import { canCarry } from './place-subscriptions.ts';
import type { Negotiation, RtpSection, Subscription, TrackSource } from './state.ts';

/**
 * Sends another track under the same SSRC. Of the track, the SDP contains only the `a=msid`, which stays as it was
 * offered.
 *
 * @returns undefined if kind or codec do not fit what was negotiated for the m-section
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
    codecs: shareCodecs([negotiated, ...current.codecs.filter((codec) => codec !== negotiated)]),
  }));
}

/**
 * Adapts a live subscription to a section whose codecs or extensions the client has listed again. It uses the client's
 * new numbers and drops what is no longer listed. Without the codec of its source, the subscription ends.
 */
export function renegotiateSending(
  sending: RtpSection['sending'],
  listed: Pick<RtpSection, 'codecs' | 'extensions'>,
): RtpSection['sending'] {
  if (sending.type !== 'live') return sending;
  const subscription = restrictSubscription(sending.subscription, listed);
  return subscription === undefined ? parked(sending.subscription, 'ended') : { type: 'live', subscription };
}

/** @returns undefined if the first codec, in which the source is sent, is no longer listed */
export function restrictSubscription(
  subscription: Subscription,
  listed: Pick<RtpSection, 'codecs' | 'extensions'>,
): Subscription | undefined {
  const codecs = subscription.codecs.map((codec) => renumbered(codec, listed.codecs)).filter((codec) => codec !== undefined);
  if (codecs[0]?.identity !== subscription.codecs[0]?.identity) return undefined;
  const extensions = continuedExtensions(subscription.extensions, listed.extensions);
  return { ...subscription, codecs: shareCodecs(codecs), extensions: shareExtensions(extensions) };
}

/** Payload types usually stay. Some answers omit the parameters that distinguish profiles, but none changes the number. */
function renumbered(codec: NegotiatedCodec, listed: readonly NegotiatedCodec[]): NegotiatedCodec | undefined {
  const match = listed.find(({ identity }) => identity === codec.identity) ?? listed.find((other) => isSameNumber(codec, other));
  if (match === undefined) return undefined;
  return { ...codec, payloadType: match.payloadType, rtxPayloadType: match.rtxPayloadType, feedback: match.feedback };
}

function isSameNumber(one: NegotiatedCodec, other: NegotiatedCodec): boolean {
  return one.payloadType === other.payloadType && one.name.toLowerCase() === other.name.toLowerCase();
}
