/** Calls about one session as a whole: changing its metadata, explaining its state, and ending it. */
import {
  type DeleteSessionReply,
  type DiagnoseReply,
  type PatchSessionReply,
  type PatchSessionRequest,
  SessionId,
  type TokenGrants,
} from '@causeway/protocol';
import type { AppShares } from '../../overload/app-shares.ts';
import { diagnose, diagnoseClosed } from '../diagnosis/diagnose.ts';
import type { Session } from '../session.ts';
import { checkMetadata, maySee } from '../session-access.ts';
import { requireOwn, type SessionStore } from '../session-store.ts';
import { sessionSummary } from './describe.ts';

/** `PATCH /session/:session_id`: replaces the metadata. */
export function patchSession(
  session: Session,
  { metadata }: PatchSessionRequest,
  caller: TokenGrants | undefined,
): Promise<PatchSessionReply> {
  checkMetadata(caller, metadata);
  return session.run(async () => {
    session.setMetadata(metadata);
    return sessionSummary(session.record());
  });
}

/** `GET /session/:session_id/diagnose`: explains why no media flows, or why the session ended. */
export async function diagnoseSession(
  { store, shares }: { readonly store: SessionStore; readonly shares: Pick<AppShares, 'quotaOf'> },
  appId: string,
  sessionId: string,
  caller: TokenGrants | undefined,
): Promise<DiagnoseReply> {
  if (!maySee(caller, sessionId, store.ownerOf(appId, sessionId))) throw store.notFound(appId, sessionId);
  const reason = store.closeReasonOf(appId, sessionId);
  if (reason !== undefined) return diagnoseClosed(appId, sessionId, reason);
  return diagnose(store.require(appId, sessionId), (id) => store.find(appId, id), shares.quotaOf(appId));
}

/** `DELETE /session/:session_id`: ends a session. Ending one that is over succeeds. */
export async function deleteSession(
  store: SessionStore,
  appId: string,
  sessionId: string,
  caller: TokenGrants | undefined,
): Promise<DeleteSessionReply> {
  const session = store.find(appId, sessionId);
  const isOver = session === undefined && store.endOf(appId, sessionId) !== undefined;
  if (isOver ? !maySee(caller, sessionId, store.ownerOf(appId, sessionId)) : session === undefined) throw store.notFound(appId, sessionId);
  if (session !== undefined) requireOwn(store, appId, sessionId, caller);
  session?.close('requested');
  await session?.settled();
  return { sessionId: SessionId.parse(sessionId), success: true };
}
