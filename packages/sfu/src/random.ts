/** Where unguessable ids, ICE credentials and SSRCs come from. */
export interface Random {
  /** @returns `count` bytes that nobody can predict; seeded only in tests */
  bytes(count: number): Uint8Array;
}
