/** Requests and replies of the admin API about usage and its price. Times are in ISO 8601; bytes are integers. */
import { z } from 'zod';
import { AppId } from '../ids.ts';

/** The properties by which usage can be grouped. */
export const USAGE_GROUPINGS = ['kind', 'region', 'session', 'track'] as const;
const MAX_ROWS = 10_000;
const DEFAULT_ROWS = 1_000;

/** The metrics whose sum is billed. */
export const BILLED_METRIC = 'down+data';

const Moment = z
  .string()
  .regex(
    /^\d{4}-\d\d-\d\d(T\d\d:00(:00(\.0+)?)?Z)?$/,
    'must be a day or the beginning of an hour (UTC), such as 2026-11-27 or 2026-11-27T13:00Z',
  );
const BilledMetric = z.literal(BILLED_METRIC).meta({ description: 'What is billed: the sum of these metrics' });
const Bytes = z.int().min(0);

/** The range of usage, and how it is grouped. */
export const UsageRangeQuery = z.object({
  from: Moment.optional().meta({ description: 'A day or the beginning of an hour, UTC; default: the first of the month that `to` is in' }),
  to: Moment.optional().meta({ description: 'The end of the range, exclusive; default: the end of this hour' }),
  by: z.enum(['hour', 'day', 'all']).default('day').meta({ description: 'The period of one row; `all`: the whole range' }),
  groupBy: z
    .string()
    .max(64)
    .default('')
    .transform((text) => (text === '' ? [] : text.split(',')))
    .pipe(z.array(z.enum(USAGE_GROUPINGS)))
    .meta({ description: 'Some of `kind`, `region`, `session`, `track`, separated by commas' }),
  format: z.enum(['json', 'csv', 'cloudevents']).default('json').meta({ description: 'Format of the reply' }),
  after: z.string().max(2_048).optional().meta({ description: '`next` of the previous page' }),
  limit: z.coerce.number().int().min(1).max(MAX_ROWS).default(DEFAULT_ROWS).meta({ description: 'Rows of one page' }),
});
export type UsageRangeQuery = z.output<typeof UsageRangeQuery>;

/** Bytes by metric; docs/operate/usage.md says what each metric counts. */
export const UsageCounts = z.object({
  down: Bytes.meta({ description: 'RTP sent to subscribers' }),
  data: Bytes.meta({ description: 'Payloads of data channels sent to subscribers' }),
  up: Bytes.meta({ description: 'RTP received from publishers' }),
  relay: Bytes.meta({ description: 'RTP and data sent to other nodes' }),
  retransmitted: Bytes.meta({ description: 'Packets retransmitted after a loss' }),
  billed: Bytes.meta({ description: 'The sum of the metrics that `billedMetric` names' }),
});
export type UsageCounts = z.infer<typeof UsageCounts>;

/** The usage of one group in one hour, day or range. */
export const UsageRow = UsageCounts.extend({
  start: z.string().meta({ format: 'date-time', description: 'Start of the hour, day or range' }),
  kind: z.enum(['audio', 'video', 'data', 'unknown']).optional(),
  region: z.string().optional().meta({ description: 'Region of the node that counted it' }),
  session: z.string().optional().meta({ description: 'The session that received or sent it; for `relay`, the session of the publisher' }),
  track: z
    .string()
    .optional()
    .meta({ description: 'Session of the publisher, a slash, and the `trackId` or the name of the data channel' }),
});
export type UsageRow = z.infer<typeof UsageRow>;

/** The usage of an app. */
export const UsageReply = z.object({
  appId: AppId,
  from: z.string().meta({ format: 'date-time' }),
  to: z.string().meta({ format: 'date-time' }),
  by: z.enum(['hour', 'day', 'all']),
  groupBy: z.array(z.enum(USAGE_GROUPINGS)),
  billedMetric: BilledMetric,
  total: UsageCounts.meta({ description: 'The sum over the whole range, not only this page' }),
  rows: z.array(UsageRow),
  next: z.string().optional().meta({ description: 'Value of `after` for the next page, if there is one' }),
});
export type UsageReply = z.infer<typeof UsageReply>;

/** The range of a ledger. */
export const LedgerQuery = UsageRangeQuery.pick({ from: true, to: true });
export type LedgerQuery = z.infer<typeof LedgerQuery>;

/** The month of a bill. */
export const BillQuery = z.object({
  month: z
    .string()
    .regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'must be a month, such as 2026-11')
    .optional()
    .meta({ description: 'A calendar month, UTC; default: this one' }),
});
export type BillQuery = z.infer<typeof BillQuery>;

/** The cost of an app in a month. */
export const BillReply = z.object({
  appId: AppId,
  month: z.string(),
  isOver: z.boolean().meta({ description: 'Whether the month is over. A node that was cut off may still report usage for it' }),
  billedMetric: BilledMetric,
  billedBytes: Bytes,
  freeBytes: Bytes.meta({ description: 'Free bytes per month' }),
  chargedBytes: Bytes.meta({ description: 'Billed bytes above the free bytes' }),
  pricePerGb: z.string().meta({ description: 'Price of 10^9 bytes; a decimal number', examples: ['0.05'] }),
  currency: z.string().meta({ examples: ['EUR'] }),
  cost: z.string().meta({ description: 'Price of the charged bytes, rounded to six decimals', examples: ['12.340000'] }),
});
export type BillReply = z.infer<typeof BillReply>;
