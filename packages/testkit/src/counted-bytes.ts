/** Bytes that know how often they were read: a measure of work that is the same on every machine. */
export interface CountedBytes {
  readonly bytes: Uint8Array;
  /** How many single bytes have been read so far. */
  readonly reads: number;
}

export function countReads(bytes: Uint8Array): CountedBytes {
  let reads = 0;
  const counted = new Proxy(bytes, {
    get(target, property) {
      if (typeof property === 'string' && /^\d+$/.test(property)) reads++;
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return {
    bytes: counted,
    get reads() {
      return reads;
    },
  };
}
