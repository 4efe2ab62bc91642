import fc from 'fast-check';

/** Parameters of every property test here: the same cases in every run. */
export const SEEDED = { seed: 20_260_727, numRuns: 1_000 };

export const uint8 = fc.integer({ min: 0, max: 0xff });
export const uint16 = fc.integer({ min: 0, max: 0xffff });
export const uint32 = fc.integer({ min: 0, max: 0xffffffff });

/** Any bytes, of lengths where all fields of every format have room. Without `size` fast-check hardly makes more than ten. */
export const datagram = fc.uint8Array({ maxLength: 256, size: 'max' });
