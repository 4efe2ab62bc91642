/**
 * The ids of event streams, which are opaque to clients. Those of a node's own events contain its number
 * (`101-1771845600000001`); those of an app's log begin with the time (`1764518400123-0`).
 */
import type { ApiEvent } from '@causeway/protocol';

/** An id in the log of an app: milliseconds since 1970, and a number. */
export interface LogId {
  readonly ms: number;
  readonly no: number;
}

/** A place at which the log may have lost events, as far as a client is concerned. */
export interface PassedMark {
  /** How far the client had read before. */
  readonly readId: LogId;
  /** All events that were appended later have higher ids. */
  readonly markId: LogId;
}

/** How far a client has read the log of an app. */
export interface LogPosition {
  readonly id: LogId;
  /** Those that the client has passed in the last minutes, newest first. */
  readonly marks: readonly PassedMark[];
}

/** A client that passes more than these within eleven minutes may miss events that the log lost before all of them. */
export const MAX_PASSED_MARKS = 8;

const LOG_ID = '([0-9]{13,15})-([0-9]{1,15})';
const LOG_POSITION = new RegExp(`^${LOG_ID}(?:~${LOG_ID}){0,${2 * MAX_PASSED_MARKS}}$`);
const NO_ID: LogId = { ms: 0, no: 0 };
const OWN_ID = /^([0-9]{1,5})-([0-9]{1,16})$/;
/** Before there was a log, a position listed every node of the cluster. */
const MAX_FORMER_LENGTH = 16_384;
const FORMER_POSITION = /^[0-9]{1,5}-[0-9]{1,16}(?:,[0-9]{1,5}-[0-9]{1,16})*$/;

/** @returns undefined if the text is not a position in a log */
export function parseLogPosition(text: string): LogPosition | undefined {
  if (!LOG_POSITION.test(text)) return undefined;
  const [id = NO_ID, ...ids] = text.split('~').map(asLogId);
  // The former version did not name the mark, which is at most the position.
  const marks = ids.flatMap((readId, index) => (index % 2 === 0 ? { readId, markId: ids[index + 1] ?? id } : []));
  return { id, marks };
}

/** @returns the id, followed by two ids for each mark: `1764518405000-3~1764518400123-0~1764518405000-0` */
export function formatLogPosition({ id, marks }: LogPosition): string {
  return [id, ...marks.flatMap(({ readId, markId }) => [readId, markId])].map(formatLogId).join('~');
}

/** @returns undefined if the text is not an id of a log */
export function parseLogId(text: string): LogId | undefined {
  return text.includes('~') ? undefined : parseLogPosition(text)?.id;
}

function asLogId(text: string): LogId {
  const [ms, no] = text.split('-');
  return { ms: Number(ms), no: Number(no) };
}

export function formatLogId({ ms, no }: LogId): string {
  return `${ms}-${no}`;
}

/** @returns a negative number if the first id is older */
export function compareLogIds(one: LogId, other: LogId): number {
  return one.ms - other.ms || one.no - other.no;
}

export function formatOwnId(nodeNo: number, serial: number): string {
  return `${nodeNo}-${serial}`;
}

/** @returns undefined if the text is not an id of that node's own events */
export function parseOwnSerial(text: string, nodeNo: number): number | undefined {
  const [, node, serial] = OWN_ID.exec(text) ?? [];
  return Number(node) === nodeNo ? Number(serial) : undefined;
}

/** Whether the text may have been issued as an id by any node: of this version or an older one, standalone or not. */
export function isIssuedId(text: string): boolean {
  return text.length <= MAX_FORMER_LENGTH && (LOG_POSITION.test(text) || FORMER_POSITION.test(text));
}

/** Returns the message, without its id, that tells a client that it missed events. @param atMs milliseconds since 1970 */
export function describeLoss(atMs: number): string {
  const event: Omit<ApiEvent, 'id'> = { at: new Date(atMs).toISOString(), type: 'events.lost' };
  return JSON.stringify(event);
}
