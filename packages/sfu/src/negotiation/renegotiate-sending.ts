import type { NegotiatedCodec } from './codecs.ts';
import { parked } from './edit-sections.ts';
import type { HeaderExtension } from './header-extensions.ts';
import type { RtpSection, Subscription } from './state.ts';

/**
 * A live subscription on a section whose codecs or extensions the client has listed again: numbers follow the client, and what it no
 * longer lists is not used any more. Without the codec that its source is sent in, the subscription ends.
 */
export function renegotiateSending(
  sending: RtpSection['sending'],
  listed: Pick<RtpSection, 'codecs' | 'extensions'>,
): RtpSection['sending'] {
  if (sending.type !== 'live') return sending;
  const subscription = restrictSubscription(sending.subscription, listed);
  return subscription === undefined ? parked(sending.subscription, 'ended') : { type: 'live', subscription };
}

/** @returns undefined if the first codec, which is the one that comes, is gone */
export function restrictSubscription(
  subscription: Subscription,
  listed: Pick<RtpSection, 'codecs' | 'extensions'>,
): Subscription | undefined {
  const codecs = subscription.codecs.map((codec) => renumbered(codec, listed.codecs)).filter((codec) => codec !== undefined);
  if (codecs[0]?.identity !== subscription.codecs[0]?.identity) return undefined;
  const extensions = subscription.extensions
    .map(({ uri }) => listed.extensions.find((extension) => extension.uri === uri))
    .filter((extension): extension is HeaderExtension => extension !== undefined && extension.direction !== 'sendonly');
  return { ...subscription, codecs, extensions };
}

/** Payload types are kept as a rule; some answers drop the parameters that tell profiles apart, but none the number. */
function renumbered(codec: NegotiatedCodec, listed: readonly NegotiatedCodec[]): NegotiatedCodec | undefined {
  const match = listed.find(({ identity }) => identity === codec.identity) ?? listed.find((other) => isSameNumber(codec, other));
  if (match === undefined) return undefined;
  return { ...codec, payloadType: match.payloadType, rtxPayloadType: match.rtxPayloadType, feedback: match.feedback };
}

function isSameNumber(one: NegotiatedCodec, other: NegotiatedCodec): boolean {
  return one.payloadType === other.payloadType && one.name.toLowerCase() === other.name.toLowerCase();
}
