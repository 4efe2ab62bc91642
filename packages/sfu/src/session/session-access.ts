/**
 * What a caller may do with a session. A caller without a token may do everything in its app; one with a token changes the sessions of
 * its own subject, sees those that the token names, and has no more of them and in them than it says.
 */
import type { TransportPlan } from '@causeway/media';
import { allowsAction, matchesAny, SfuError, type TokenGrants } from '@causeway/protocol';
import type { MayPublish, MediaPlan } from '../negotiation/index.ts';

/** The token that a session was created with, or was changed with last; undefined for the secret of the app. */
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
 * @returns false if the caller is to be told that there is no such session
 */
export function maySee(caller: TokenGrants | undefined, sessionId: string, owner: SessionOwner | undefined): boolean {
  if (caller === undefined) return true;
  if (caller.sid !== undefined) return caller.sid === sessionId;
  return caller.subs === undefined || owner?.sub === caller.sub || matchesAny(caller.subs, sessionId);
}

/** A session without an owner was created with the secret; of tokens only one that names the session may change it. */
export function mayChange(caller: TokenGrants, sessionId: string, owner: SessionOwner | undefined): boolean {
  if (caller.sid !== undefined && caller.sid !== sessionId) return false;
  return owner === undefined ? caller.sid === sessionId : owner.sub === caller.sub;
}

/** What the caller may publish from an offer. */
export function publishRuleOf(caller: TokenGrants | undefined): MayPublish | undefined {
  if (caller === undefined) return undefined;
  const { kinds, names } = caller;
  if (!allowsAction(caller, 'publish')) return () => false;
  return (kind, name) => (kinds === undefined || kinds.includes(kind)) && (names === undefined || matchesAny(names, name));
}

/** Whether the caller may have data channels. */
export function mayOpenData(caller: TokenGrants | undefined): boolean {
  return caller?.kinds === undefined || caller.kinds.includes('data');
}

/** Whether the caller may publish a data channel of that name. */
export function mayPublishData(caller: TokenGrants | undefined, name: string): boolean {
  if (caller === undefined) return true;
  return mayOpenData(caller) && allowsAction(caller, 'publish') && (caller.names === undefined || matchesAny(caller.names, name));
}

/** @throws forbidden – the token fixes the metadata of its sessions, and this is another */
export function checkMetadata(caller: TokenGrants | undefined, metadata: string | undefined): void {
  if (caller?.meta === undefined || metadata === undefined || metadata === caller.meta) return;
  throw new SfuError('forbidden', 'the token fixes the metadata of its sessions; leave it out');
}

/** @throws forbidden – the token fixes the group of its sessions, and this is another */
export function checkGroup(caller: TokenGrants | undefined, group: string | undefined): void {
  if (caller?.group === undefined || group === undefined || group === caller.group) return;
  throw new SfuError('forbidden', `the token is for group ${caller.group}`);
}

/** @throws forbidden – the session has no client that could negotiate */
export function refuseHosted({ isHosted, id }: { readonly isHosted: boolean; readonly id: string }): void {
  if (isHosted) throw new SfuError('forbidden', `session ${id} belongs to the process of the SFU, and has no peer connection`);
}

/** What the creator of a session settles about its transport: rates that the token sets, and whether a page has to be waited for. */
export type TransportTerms = Pick<TransportPlan, 'maxUploadBps' | 'maxDownloadBps' | 'connectsAtOnce'>;

const BPS_PER_KBPS = 1_000;

/** The terms of a session, without the fields that have their defaults. */
export function transportTermsOf(creator: TokenGrants | undefined, connectsAtOnce: boolean): TransportTerms {
  const { kbpsUp, kbpsDown } = creator?.max ?? {};
  return {
    ...(connectsAtOnce && { connectsAtOnce }),
    ...(kbpsUp !== undefined && { maxUploadBps: kbpsUp * BPS_PER_KBPS }),
    ...(kbpsDown !== undefined && { maxDownloadBps: kbpsDown * BPS_PER_KBPS }),
  };
}

/** The plan with its transport on these terms. */
export function withTerms(media: MediaPlan, terms: TransportTerms): MediaPlan {
  const { transport } = media;
  if (transport === undefined || Object.keys(terms).length === 0) return media;
  return { ...media, transport: { ...transport, ...terms } };
}

/**
 * @param maxTracks of the token; undefined for no bound
 * @throws quota_exceeded – there would be more tracks than that, and more than now
 */
export function checkOwnTracks(maxTracks: number | undefined, count: number, countNow: number): void {
  if (maxTracks === undefined || count <= countNow || count <= maxTracks) return;
  throw new SfuError('quota_exceeded', `the token allows ${maxTracks} tracks and subscriptions in a session`);
}
