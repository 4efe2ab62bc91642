import { z } from 'zod';

/** Name of the place that nodes stand in, as their operator calls it. */
export const Region = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,32}$/, 'must be 1 to 32 letters, digits, "_" or "-"')
  .meta({ description: 'Name of a region', examples: ['frankfurt'] });
export type Region = z.infer<typeof Region>;
