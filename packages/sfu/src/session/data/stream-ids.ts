/** Browsers have 1,024 streams at least; what is above may not be there. */
const MAX_STREAM_ID = 1_023;

/**
 * Chooses stream ids for channels that the SFU opens, or that both sides make by agreement. They
 * are those of its own DTLS role, so that they never meet one which the peer opens (RFC 8832 §6),
 * and come round in turn: a stream that was just closed is reset at both ends before it is used
 * again.
 */
export class StreamIds {
  #last = -1;

  /** @returns undefined when all of them are in use */
  next(dtlsRole: 'server' | 'client', used: ReadonlySet<number>): number | undefined {
    const first = dtlsRole === 'server' ? 1 : 0;
    const count = (MAX_STREAM_ID + 1) / 2;
    const start = this.#last < 0 ? 0 : (this.#last - (this.#last % 2)) / 2 + 1;
    for (let step = 0; step < count; step++) {
      const id = first + 2 * ((start + step) % count);
      if (used.has(id)) continue;
      this.#last = id;
      return id;
    }
    return undefined;
  }
}
