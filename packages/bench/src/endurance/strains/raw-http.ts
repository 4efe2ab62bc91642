/** HTTP as nobody should speak it: bytes onto a socket, and the status codes that come back. */
import { connect } from 'node:net';

const STATUS_LINE = /HTTP\/1\.1 (\d{3}) /g;

/** Counts of status codes; `cut` for connections that ended without one. */
export type StatusCounts = Map<string, number>;

export interface RawConversation {
  readonly url: URL;
  /** Sent first. */
  readonly start: string | Buffer;
  /** Sent again and again for as long as the other side takes it. */
  readonly more?: { readonly bytes: Buffer; readonly limitBytes: number };
  /** The connection is given up then. */
  readonly patienceMs: number;
}

/** Resolves when the connection has ended, with the codes of all replies counted. */
export function converse({ url, start, more, patienceMs }: RawConversation, counts: StatusCounts): Promise<void> {
  return new Promise((resolve) => {
    let replies = 0;
    let sentBytes = 0;
    const socket = connect(Number(url.port), url.hostname, () => {
      socket.write(start);
      pour();
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
    // To be reset is an answer too.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (replies === 0) count(counts, 'cut');
      resolve();
    });
  });
}

export function count(counts: StatusCounts, status: string): void {
  counts.set(status, (counts.get(status) ?? 0) + 1);
}
