import type { Path } from '@causeway/media';
import type { VirtualLink } from './virtual-link.ts';

/** A socket that is unknown to the engine. It can send anything, and keeps what it receives. */
export class Stranger {
  readonly path: Path;
  readonly received: Uint8Array[] = [];
  readonly #link: VirtualLink;

  constructor(path: Path, link: VirtualLink) {
    this.path = path;
    this.#link = link;
  }

  get receivedBytes(): number {
    return this.received.reduce((sum, { length }) => sum + length, 0);
  }

  send(nowMs: number, datagram: Uint8Array): void {
    this.#link.send(nowMs, datagram);
  }
}
