/** Bytes that count how often they are read, as a measure of work that does not depend on the machine. */
export interface CountedBytes {
  readonly bytes: Uint8Array;
  /** The number of single-byte reads so far. */
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
