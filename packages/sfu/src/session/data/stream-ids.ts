/** Browsers have 1,024 streams at least; what is above may not be there. */
const MAX_STREAM_ID = 1_023;
/**
 * Ids below this one are left to the peer as long as others are free. aiortc and werift take theirs from their part in
 * ICE, not in DTLS, so that both ends would begin at the same one, and a channel of ours would vanish in one of theirs.
 */
const FIRST_STREAM_ID = 128;

/**
 * Chooses stream ids for channels that the SFU opens, or that both sides make by agreement. They
 * are those of its own DTLS role, so that they never meet one which a peer opens that keeps to RFC 8832 §6,
 * and come round in turn: a stream that was just closed is reset at both ends before it is used
 * again.
 */
export class StreamIds {
  #last = MAX_STREAM_ID;

  /** @returns undefined when all of them are in use */
  next(dtlsRole: 'server' | 'client', used: ReadonlySet<number>): number | undefined {
    const first = dtlsRole === 'server' ? 1 : 0;
    const after = this.#last - (this.#last % 2) + 2;
    const id =
      freeIdWithin(first + after, MAX_STREAM_ID, used) ??
      freeIdWithin(first + FIRST_STREAM_ID, MAX_STREAM_ID, used) ??
      freeIdWithin(first, FIRST_STREAM_ID - 1, used);
    if (id !== undefined && id >= FIRST_STREAM_ID) this.#last = id;
    return id;
  }
}

function freeIdWithin(from: number, to: number, used: ReadonlySet<number>): number | undefined {
  for (let id = from; id <= to; id += 2) if (!used.has(id)) return id;
  return undefined;
}
