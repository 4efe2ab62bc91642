/** What the admin API takes and replies about usage and its price. Times are ISO 8601, bytes whole numbers. */
import { z } from 'zod';
import { AppId } from '../ids.ts';

/** What usage can be told apart by. */
export const USAGE_GROUPINGS = ['kind', 'region', 'session', 'track'] as const;
const MAX_ROWS = 10_000;
const DEFAULT_ROWS = 1_000;

/** The metrics whose sum is billed. */
export const BILLED_METRIC = 'down+data';

const Moment = z
  .string()
  .regex(
    /^\d{4}-\d\d-\d\d(T\d\d:00(:00(\.0+)?)?Z)?$/,
    'must be a day or the beginning of an hour (UTC), as 2026-11-27 or 2026-11-27T13:00Z',
  );
const BilledMetric = z.literal(BILLED_METRIC).meta({ description: 'What is billed: the sum of these metrics' });
const Bytes = z.int().min(0);

/** Which usage is wanted, and how it is told apart. */
export const UsageRangeQuery = z.object({
  from: Moment.optional().meta({ description: 'A day or the beginning of an hour, UTC; default: the first of the month that `to` is in' }),
  to: Moment.optional().meta({ description: 'Where the range ends, itself not included; default: the end of this hour' }),
  by: z.enum(['hour', 'day', 'all']).default('day').meta({ description: 'How long one row is; `all`: the whole range' }),
  groupBy: z
    .string()
    .max(64)
    .default('')
    .transform((text) => (text === '' ? [] : text.split(',')))
    .pipe(z.array(z.enum(USAGE_GROUPINGS)))
    .meta({ description: 'Some of `kind`, `region`, `session`, `track`, separated by commas' }),
  format: z.enum(['json', 'csv', 'cloudevents']).default('json').meta({ description: 'What the reply is written in' }),
  after: z.string().max(2_048).optional().meta({ description: '`next` of the page before' }),
  limit: z.coerce.number().int().min(1).max(MAX_ROWS).default(DEFAULT_ROWS).meta({ description: 'Rows of one page' }),
});
export type UsageRangeQuery = z.output<typeof UsageRangeQuery>;

/** Bytes of each kind; docs/operate/usage.md says what each metric counts. */
export const UsageCounts = z.object({
  down: Bytes.meta({ description: 'RTP sent to subscribers' }),
  data: Bytes.meta({ description: 'Payloads of data channels sent to subscribers' }),
  up: Bytes.meta({ description: 'RTP taken from publishers' }),
  relay: Bytes.meta({ description: 'RTP and data sent to other nodes' }),
  retransmitted: Bytes.meta({ description: 'Packets sent again after a loss' }),
  billed: Bytes.meta({ description: 'The sum of the metrics that `billedMetric` names' }),
});
export type UsageCounts = z.infer<typeof UsageCounts>;

/** What was used in one hour, day or range, of one group. */
export const UsageRow = UsageCounts.extend({
  start: z.string().meta({ format: 'date-time', description: 'When the hour, day or range begins' }),
  kind: z.enum(['audio', 'video', 'data', 'unknown']).optional(),
  region: z.string().optional().meta({ description: 'Where the node is that counted it' }),
  session: z.string().optional().meta({ description: 'The session that got or sent it; for `relay`, that of the publisher' }),
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
  total: UsageCounts.meta({ description: 'Of the whole range, not only of this page' }),
  rows: z.array(UsageRow),
  next: z.string().optional().meta({ description: 'For `after`, if there is another page' }),
});
export type UsageReply = z.infer<typeof UsageReply>;

/** Which part of a ledger. */
export const LedgerQuery = UsageRangeQuery.pick({ from: true, to: true });
export type LedgerQuery = z.infer<typeof LedgerQuery>;

/** Which month. */
export const BillQuery = z.object({
  month: z
    .string()
    .regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'must be a month, as 2026-11')
    .optional()
    .meta({ description: 'A calendar month, UTC; default: this one' }),
});
export type BillQuery = z.infer<typeof BillQuery>;

/** What an app costs in a month. */
export const BillReply = z.object({
  appId: AppId,
  month: z.string(),
  isOver: z.boolean().meta({ description: 'Whether the month is over. A node that was cut off may still report usage of it' }),
  billedMetric: BilledMetric,
  billedBytes: Bytes,
  freeBytes: Bytes.meta({ description: 'What each month has free' }),
  chargedBytes: Bytes.meta({ description: 'What is billed beyond the free bytes' }),
  pricePerGb: z.string().meta({ description: 'Of 10^9 bytes; a decimal number', examples: ['0.05'] }),
  currency: z.string().meta({ examples: ['EUR'] }),
  cost: z.string().meta({ description: 'Of the charged bytes, rounded to six decimals', examples: ['12.340000'] }),
});
export type BillReply = z.infer<typeof BillReply>;
