import type { Socket } from 'node:net';

/** Under three thousand of the smallest chunks, or four hundred requests: a few milliseconds. In slices of 4 KiB large bodies cost half as much again. */
const SLICE_BYTES = 16 * 1024;

/**
 * Has Node's HTTP parser take what is read from a socket in small portions: within one it cannot be stopped, whoever pauses the
 * socket, and Node reads 64 KiB at once. Listener for the server's `connection` event.
 */
export function readInSlices(socket: Socket): void {
  const push = socket.push.bind(socket);
  socket.push = (data: Buffer | null, encoding?: BufferEncoding) => {
    if (data === null) return push(data);
    let isMoreWanted = true;
    for (let offset = 0; offset < data.length; offset += SLICE_BYTES) {
      isMoreWanted = push(data.subarray(offset, offset + SLICE_BYTES), encoding);
    }
    return isMoreWanted;
  };
  // The parser takes what is read from the system itself, past `push`, until somebody else listens.
  socket.on('data', () => undefined);
}
