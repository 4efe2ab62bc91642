/** Sends malformed HTTP, and counts the status codes of the responses. */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const LAST_REPLIES_MS = 1_000;
const STATUS_LINE = /HTTP\/1\.1 (\d{3}) /g;

/** Counts of status codes; `cut` for connections that ended without one. */
export type StatusCounts = Map<string, number>;

export interface RawConversation {
  readonly url: URL;
  /** The bytes to send first. */
  readonly start: string | Buffer;
  /** The bytes to send repeatedly while the other side accepts them. */
  readonly more?: { readonly bytes: Buffer; readonly limitBytes: number };
  /** The bytes to send at regular intervals; the connection is closed a second after the last. */
  readonly repeated?: { readonly bytes: string | (() => string); readonly everyMs: number; readonly times: number };
  /** The connection is closed after this time without traffic. */
  readonly patienceMs: number;
}

/** Resolves once the connection has ended and the codes of all responses are counted. */
export function converse({ url, start, more, repeated, patienceMs }: RawConversation, counts: StatusCounts): Promise<void> {
  return new Promise((resolve) => {
    let replies = 0;
    let sentBytes = 0;
    const socket = connect(Number(url.port), url.hostname, () => {
      socket.setNoDelay(true);
      socket.write(start);
      pour();
      if (repeated !== undefined) void repeat(socket, repeated);
    });
    const pour = (): void => {
      while (more !== undefined && sentBytes < more.limitBytes && !socket.destroyed) {
        sentBytes += more.bytes.length;
        if (!socket.write(more.bytes)) return;
      }
    };
    socket.setTimeout(patienceMs, () => socket.destroy());
    socket.on('drain', pour);
    socket.on('data', (data) => {
      for (const [, status = ''] of data.toString('latin1').matchAll(STATUS_LINE)) {
        replies++;
        count(counts, status);
      }
    });
    // A reset is a valid outcome.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (replies === 0) count(counts, 'cut');
      resolve();
    });
  });
}

async function repeat(socket: Socket, { bytes, everyMs, times }: NonNullable<RawConversation['repeated']>): Promise<void> {
  const startedMs = performance.now();
  for (let time = 0; time < times && !socket.destroyed; time++) {
    socket.write(typeof bytes === 'string' ? bytes : bytes());
    await sleep(Math.max(0, startedMs + (time + 1) * everyMs - performance.now()));
  }
  await sleep(LAST_REPLIES_MS);
  socket.destroy();
}

export function count(counts: StatusCounts, status: string): void {
  counts.set(status, (counts.get(status) ?? 0) + 1);
}
