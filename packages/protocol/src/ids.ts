/** Ids and names used in paths and bodies. Each has a narrow grammar, because they become parts of registry keys. */
import { z } from 'zod';

/**
 * Id of an SFU app, as in the path `/api/sfu/<appId>/`: 1 to 64 letters, digits, `_` and `-`.
 */
export const AppId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, "_" or "-"')
  .brand<'AppId'>();
export type AppId = z.infer<typeof AppId>;

/** @returns undefined if the text is not an app id */
export function parseAppId(text: string): AppId | undefined {
  return AppId.safeParse(text).data;
}

/** Largest node number that a session id may carry. */
export const MAX_NODE_NO = 65_535;

const SESSION_ID = /^session-(0|[1-9][0-9]{0,4})-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * Id of a session: `session-<nodeNo>-<uuid v4>`, lower case. The node number lets any gateway find the owner without a
 * registry; it is not a proof of anything.
 */
export const SessionId = z
  .string()
  .refine((text) => parseNodeNo(text) !== undefined, 'must look like session-<node number>-<uuid v4>')
  .meta({ description: '`session-<node number>-<uuid v4>`', examples: ['session-101-fc756623-3be4-4c40-b651-20e22095ee07'] })
  .brand<'SessionId'>();
export type SessionId = z.infer<typeof SessionId>;

/** @returns undefined if the text does not have the form of a session id; the session need not exist */
export function parseSessionId(text: string): SessionId | undefined {
  return SessionId.safeParse(text).data;
}

/** @param uuid version 4, lower case, as `crypto.randomUUID()` returns it */
export function formatSessionId(nodeNo: number, uuid: string): SessionId {
  return SessionId.parse(`session-${nodeNo}-${uuid}`);
}

/** Returns the number of the node that created the session: 0 to `MAX_NODE_NO`. */
export function nodeNoOf(sessionId: SessionId): number {
  return Number(sessionId.slice('session-'.length, sessionId.indexOf('-', 'session-'.length)));
}

function parseNodeNo(text: string): number | undefined {
  const nodeNo = SESSION_ID.exec(text)?.[1];
  return nodeNo === undefined || Number(nodeNo) > MAX_NODE_NO ? undefined : Number(nodeNo);
}

/**
 * Id of a published track, unique within its session. Firefox puts its ids in braces. `#` precedes the mid that the SFU
 * appends if one session publishes the same `MediaStreamTrack` twice.
 */
export const TrackId = z
  .string()
  .regex(/^[A-Za-z0-9._:{}#-]{1,128}$/, 'must be 1 to 128 letters, digits and . _ : { } # -')
  .meta({ description: 'Track id from `transceiver.sender.track.id`', examples: ['33f140fc-6d3a-4f0b-9b6e-8a7f0f2a7a11'] })
  .brand<'TrackId'>();
export type TrackId = z.infer<typeof TrackId>;

/** @returns undefined if the text cannot be a track id */
export function parseTrackId(text: string): TrackId | undefined {
  return TrackId.safeParse(text).data;
}

/** Name that a publisher gives a track, unique within its session. The empty string means that it has no name. */
export const TrackName = z
  .string()
  .regex(/^[A-Za-z0-9._:{}-]{0,128}$/, 'must be at most 128 letters, digits and . _ : { } -')
  .meta({ description: 'Custom name of the track; empty for none', examples: ['userA-video'] })
  .brand<'TrackName'>();
export type TrackName = z.infer<typeof TrackName>;

/**
 * Media line id: the `a=mid` of an m-section, `transceiver.mid` in a browser.
 *
 * @see RFC 5888 §4 (token)
 */
export const Mid = z
  .string({ error: (issue) => (issue.input === null ? 'is null: read `transceiver.mid` after setLocalDescription()' : undefined) })
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,32}$/, 'must be 1 to 32 characters of an SDP token')
  .meta({ description: 'Media line id from `transceiver.mid`', examples: ['0'] });
export type Mid = z.infer<typeof Mid>;

/**
 * Name of a published data channel, unique within its session. A channel that a page opens with
 * `createDataChannel(label)` is published under its label if that is a valid name.
 */
export const DataChannelName = z
  .string()
  .regex(/^[A-Za-z0-9._:{}-]{1,128}$/, 'must be 1 to 128 letters, digits and . _ : { } -')
  .meta({ description: 'Name of the data channel; the label of one that the page opens itself', examples: ['chat'] })
  .brand<'DataChannelName'>();
export type DataChannelName = z.infer<typeof DataChannelName>;

/** @returns undefined if the text cannot be the name of a data channel */
export function parseDataChannelName(text: string): DataChannelName | undefined {
  return DataChannelName.safeParse(text).data;
}

/** Identifies sessions of an app that belong together, such as those of one call. The SFU only compares it. */
export const GroupName = z
  .string()
  .regex(/^[A-Za-z0-9._:{}-]{1,128}$/, 'must be 1 to 128 letters, digits and . _ : { } -')
  .meta({ description: 'Group of sessions that belong together, such as those of one call', examples: ['call-42'] });
export type GroupName = z.infer<typeof GroupName>;
