/** Where unguessable ids, ICE credentials and SSRCs come from. */
export interface Random {
  /** @returns `count` bytes that nobody can predict; seeded only in tests */
  bytes(count: number): Uint8Array;
}

const UINT32_RANGE = 2 ** 32;

/** @returns uniform in [0, 1) */
export function uniform({ bytes }: Random): number {
  const [a = 0, b = 0, c = 0, d = 0] = bytes(4);
  return (((a << 24) | (b << 16) | (c << 8) | d) >>> 0) / UINT32_RANGE;
}
