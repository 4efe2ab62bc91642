import type { LocalSocket, SocketPath } from './socket-path.ts';

/**
 * Paths that transports have claimed, by remote address. Looked up for every datagram that arrives at a shared socket, so the
 * key is the port number first: building a string per packet would cost more than the few comparisons do.
 */
export class PathTable {
  readonly #byPort = new Map<number, SocketPath[]>();

  get size(): number {
    let size = 0;
    for (const paths of this.#byPort.values()) size += paths.length;
    return size;
  }

  /** All that are remembered, in no order. */
  *paths(): Iterable<SocketPath> {
    for (const paths of this.#byPort.values()) yield* paths;
  }

  find(shared: LocalSocket, address: string, port: number): SocketPath | undefined {
    const paths = this.#byPort.get(port);
    if (paths === undefined) return undefined;
    for (const path of paths) if (path.remoteAddress === address && path.shared === shared) return path;
    return undefined;
  }

  add(path: SocketPath): void {
    const paths = this.#byPort.get(path.remotePort);
    if (paths === undefined) this.#byPort.set(path.remotePort, [path]);
    else if (!paths.includes(path)) paths.push(path);
  }

  remove(path: SocketPath): void {
    const paths = this.#byPort.get(path.remotePort);
    if (paths === undefined) return;
    const others = paths.filter((candidate) => candidate !== path);
    if (others.length === 0) this.#byPort.delete(path.remotePort);
    else this.#byPort.set(path.remotePort, others);
  }
}
