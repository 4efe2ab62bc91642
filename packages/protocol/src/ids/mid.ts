import { z } from 'zod';

/**
 * Media line id: the `a=mid` of an m-section, `transceiver.mid` in a browser.
 *
 * @see RFC 5888 §4 (token)
 */
export const Mid = z
  .string({ error: (issue) => (issue.input === null ? 'is null: read `transceiver.mid` after setLocalDescription()' : undefined) })
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,32}$/, 'must be 1 to 32 characters of an SDP token')
  .meta({ description: 'Media line id from `transceiver.mid`', examples: ['0'] });
export type Mid = z.infer<typeof Mid>;
