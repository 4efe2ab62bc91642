import { z } from 'zod';

/** Largest node number that a session id may carry. */
export const MAX_NODE_NO = 65_535;

const SESSION_ID = /^session-(0|[1-9][0-9]{0,4})-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * Id of a session: `session-<nodeNo>-<uuid v4>`, lower case. The node number lets any gateway find the owning node without a
 * registry; it proves nothing by itself.
 */
export const SessionId = z
  .string()
  .refine((text) => parseNodeNo(text) !== undefined, 'must look like session-<node number>-<uuid v4>')
  .meta({ description: '`session-<node number>-<uuid v4>`', examples: ['session-101-fc756623-3be4-4c40-b651-20e22095ee07'] })
  .brand<'SessionId'>();
export type SessionId = z.infer<typeof SessionId>;

/** @returns undefined if the text is not in the form of a session id; no session need exist for one that is */
export function parseSessionId(text: string): SessionId | undefined {
  return SessionId.safeParse(text).data;
}

/** @param uuid version 4, lower case, as `crypto.randomUUID()` makes them */
export function formatSessionId(nodeNo: number, uuid: string): SessionId {
  return SessionId.parse(`session-${nodeNo}-${uuid}`);
}

/** Number of the node that made the session: 0 to `MAX_NODE_NO`. */
export function nodeNoOf(sessionId: SessionId): number {
  return Number(sessionId.slice('session-'.length, sessionId.indexOf('-', 'session-'.length)));
}

function parseNodeNo(text: string): number | undefined {
  const nodeNo = SESSION_ID.exec(text)?.[1];
  return nodeNo === undefined || Number(nodeNo) > MAX_NODE_NO ? undefined : Number(nodeNo);
}
