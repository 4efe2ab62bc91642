/**
 * What a caller may do with a session. A caller without a token may do everything in its app. One with a token changes
 * the sessions of its own subject, sees those that the token names, and is bound by the token's limits.
 */
import type { DataLimits, TransportPlan } from '@causeway/media';
import { allowsAction, matchesAny, SfuError, type TokenGrants } from '@causeway/protocol';
import type { MayPublish, MediaPlan } from '../negotiation/index.ts';

/** The token that created the session, or last changed it; undefined for the app's secret. */
export interface SessionOwner {
  readonly sub: string;
  readonly jti: string;
  /** Seconds since 1970. */
  readonly iat: number;
}

export function ownerOf(caller: TokenGrants | undefined): SessionOwner | undefined {
  return caller === undefined ? undefined : { sub: caller.sub, jti: caller.jti, iat: caller.iat };
}

/**
 * @param owner undefined if the session has none, or this node does not know it
 * @returns false if the caller must be told that the session does not exist
 */
export function maySee(caller: TokenGrants | undefined, sessionId: string, owner: SessionOwner | undefined): boolean {
  if (caller === undefined) return true;
  if (caller.sid !== undefined) return caller.sid === sessionId;
  return caller.subs === undefined || owner?.sub === caller.sub || matchesAny(caller.subs, sessionId);
}

/** A session without an owner was created with the secret. Of all tokens, only one that names the session may change it. */
export function mayChange(caller: TokenGrants, sessionId: string, owner: SessionOwner | undefined): boolean {
  if (caller.sid !== undefined && caller.sid !== sessionId) return false;
  return owner === undefined ? caller.sid === sessionId : owner.sub === caller.sub;
}

/** Returns which tracks of an offer the caller may publish. */
export function publishRuleOf(caller: TokenGrants | undefined): MayPublish | undefined {
  if (caller === undefined) return undefined;
  const { kinds, names } = caller;
  if (!allowsAction(caller, 'publish')) return () => false;
  return (kind, name) => (kinds === undefined || kinds.includes(kind)) && (names === undefined || matchesAny(names, name));
}

/** Whether the caller may use data channels. */
export function mayOpenData(caller: TokenGrants | undefined): boolean {
  return caller?.kinds === undefined || caller.kinds.includes('data');
}

/** Whether the caller may publish a data channel of that name. */
export function mayPublishData(caller: TokenGrants | undefined, name: string): boolean {
  if (caller === undefined) return true;
  return mayOpenData(caller) && allowsAction(caller, 'publish') && (caller.names === undefined || matchesAny(caller.names, name));
}

/** @throws forbidden – the token fixes the metadata of its sessions to another value */
export function checkMetadata(caller: TokenGrants | undefined, metadata: string | undefined): void {
  if (caller?.meta === undefined || metadata === undefined || metadata === caller.meta) return;
  throw new SfuError('forbidden', 'the token fixes the metadata of its sessions; leave it out');
}

/** @throws forbidden – the token fixes the group of its sessions to another value */
export function checkGroup(caller: TokenGrants | undefined, group: string | undefined): void {
  if (caller?.group === undefined || group === undefined || group === caller.group) return;
  throw new SfuError('forbidden', `the token is for group ${caller.group}`);
}

/** @throws forbidden – the session has no client that could negotiate */
export function refuseHosted({ isHosted, id }: { readonly isHosted: boolean; readonly id: string }): void {
  if (isHosted) throw new SfuError('forbidden', `session ${id} belongs to the SFU's own process and has no peer connection`);
}

/** Transport properties that are fixed when a session is created: the bitrates that the token allows, the node's limits for data, and whether to wait for the page. */
export type TransportTerms = Pick<TransportPlan, 'maxUploadBps' | 'maxDownloadBps' | 'connectsAtOnce' | 'dataLimits'>;

const BPS_PER_KBPS = 1_000;

/** Returns the terms of a session; fields with their default are missing. */
export function transportTermsOf(
  creator: TokenGrants | undefined,
  connectsAtOnce: boolean,
  dataLimits: DataLimits | undefined,
): TransportTerms {
  const { kbpsUp, kbpsDown } = creator?.max ?? {};
  return {
    ...(connectsAtOnce && { connectsAtOnce }),
    ...(dataLimits !== undefined && { dataLimits }),
    ...(kbpsUp !== undefined && { maxUploadBps: kbpsUp * BPS_PER_KBPS }),
    ...(kbpsDown !== undefined && { maxDownloadBps: kbpsDown * BPS_PER_KBPS }),
  };
}

/** Returns the plan with these terms on its transport. */
export function withTerms(media: MediaPlan, terms: TransportTerms): MediaPlan {
  const { transport } = media;
  if (transport === undefined || Object.keys(terms).length === 0) return media;
  return { ...media, transport: { ...transport, ...terms } };
}

/**
 * @param maxTracks of the token; undefined for no limit
 * @throws quota_exceeded – there would be more tracks than that, and more than at present
 */
export function checkOwnTracks(maxTracks: number | undefined, count: number, countNow: number): void {
  if (maxTracks === undefined || count <= countNow || count <= maxTracks) return;
  throw new SfuError('quota_exceeded', `the token limits a session to ${maxTracks} tracks and subscriptions`);
}
