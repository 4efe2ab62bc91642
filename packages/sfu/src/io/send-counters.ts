/** Counts the datagrams that a node could not send, by reason, under the names that the metrics use. */
import { constants } from 'node:os';
import { type SEND_KIND_NAMES, SendKind } from '@causeway/media';

export const SEND_REFUSALS = ['too_long', 'unreachable', 'forbidden', 'nobody_there', 'no_socket', 'other'] as const;

/** Why the system refused a datagram for good: a class of `errno` values. */
export type SendRefusal = (typeof SEND_REFUSALS)[number];

type SendKindName = (typeof SEND_KIND_NAMES)[number];

/** What one socket layer could not send, as counters that only increase. */
export interface SendCounters {
  readonly refused: Record<SendRefusal, number>;
  /** Datagrams dropped because the uplink was full, by what they carried. */
  readonly dropped: Record<SendKindName, number>;
}

export function createSendCounters(): SendCounters {
  return {
    refused: { too_long: 0, unreachable: 0, forbidden: 0, nobody_there: 0, no_socket: 0, other: 0 },
    dropped: { video: 0, data: 0, audio: 0, rtcp: 0, control: 0 },
  };
}

/** The keys are names of `errno` values, and Node's codes for a socket that is closed or not connected. */
const REFUSALS_BY_CODE: Readonly<Record<string, SendRefusal>> = {
  EMSGSIZE: 'too_long',
  ENETUNREACH: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETDOWN: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  EPERM: 'forbidden',
  EACCES: 'forbidden',
  ECONNREFUSED: 'nobody_there',
  EBADF: 'no_socket',
  ECANCELED: 'no_socket',
  ERR_SOCKET_DGRAM_NOT_RUNNING: 'no_socket',
  ERR_SOCKET_DGRAM_NOT_CONNECTED: 'no_socket',
};

const { EAGAIN, EWOULDBLOCK, ENOBUFS, ENOMEM } = constants.errno;
const REFUSALS_BY_ERRNO = new Map(Object.entries(constants.errno).map(([code, errno]) => [errno, REFUSALS_BY_CODE[code] ?? 'other']));

/** Whether the system may accept the same datagram later. This is assumed if there is no reason. */
export function isForNow(errno: number): boolean {
  return errno === 0 || errno === EAGAIN || errno === EWOULDBLOCK || errno === ENOBUFS || errno === ENOMEM;
}

/** @param errno the system's error number */
export function refusalOfErrno(errno: number): SendRefusal {
  return REFUSALS_BY_ERRNO.get(errno) ?? 'other';
}

/** @param error as `node:dgram` throws it or passes it to a callback */
export function refusalOfError(error: unknown): SendRefusal {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return (typeof code === 'string' ? REFUSALS_BY_CODE[code] : undefined) ?? 'other';
}

export function isMedia(kind: SendKind): boolean {
  return kind === SendKind.Video || kind === SendKind.Audio;
}
