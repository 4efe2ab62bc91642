/** Source of unguessable ids, ICE credentials and SSRCs. */
export interface Random {
  /** @returns `count` unpredictable bytes; seeded only in tests */
  bytes(count: number): Uint8Array;
}

const UINT32_RANGE = 2 ** 32;

/** @returns a uniformly distributed number in [0, 1) */
export function uniform({ bytes }: Random): number {
  const [a = 0, b = 0, c = 0, d = 0] = bytes(4);
  return (((a << 24) | (b << 16) | (c << 8) | d) >>> 0) / UINT32_RANGE;
}

/** Returns a random UUID, version 4, in lower case (RFC 9562 §5.4). */
export function uuidV4(random: Random): string {
  const bytes = random.bytes(16);
  const hex = [...bytes]
    .map((byte, index) => {
      if (index === 6) return (byte & 0x0f) | 0x40;
      return index === 8 ? (byte & 0x3f) | 0x80 : byte;
    })
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
