import { z } from 'zod';

/**
 * Name of a published data channel, unique within its session. A channel that a page opens with
 * `createDataChannel(label)` is published under its label, if that is such a name.
 */
export const DataChannelName = z
  .string()
  .regex(/^[A-Za-z0-9._:{}-]{1,128}$/, 'must be 1 to 128 letters, digits and . _ : { } -')
  .meta({ description: 'Name of the data channel; the label of one that the page opens itself', examples: ['chat'] })
  .brand<'DataChannelName'>();
export type DataChannelName = z.infer<typeof DataChannelName>;

/** @returns undefined if the text cannot be the name of a data channel */
export function parseDataChannelName(text: string): DataChannelName | undefined {
  return DataChannelName.safeParse(text).data;
}
