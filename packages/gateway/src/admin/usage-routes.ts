/** Usage and its price, in the admin API. */
import {
  type UsageRow as BookedUsageRow,
  exportLedger,
  NO_USAGE,
  type UsageBytes,
  type UsageGroup,
  type UsageRowName,
} from '@causeway/accounts';
import {
  BILLED_METRIC,
  BillQuery,
  type BillReply,
  LedgerQuery,
  parseRequest,
  SfuError,
  type UsageCounts,
  UsageRangeQuery,
  type UsageReply,
  type UsageRow,
} from '@causeway/protocol';
import { chargedBytesOf, costOf } from '../usage/bill.ts';
import type { AdminCall, AdminRoute, TextReply } from './admin-route.ts';
import { ownApp } from './owned.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** How long the books keep usage. */
const MAX_RANGE_DAYS = 400;
const METRICS = ['down', 'data', 'up', 'relay', 'retransmitted', 'billed'] as const satisfies readonly (keyof UsageCounts)[];

/** The endpoints for usage. */
export const USAGE_ROUTES: readonly AdminRoute[] = [
  {
    operationId: 'readUsage',
    access: 'admin',
    method: 'get',
    path: '/apps/:app_id/usage',
    summary: 'Show what an app has used',
    description:
      'By hour or day, grouped by kind, region, session and track; as JSON, CSV or CloudEvents. A CloudEvent is sent for each row whose period is over.',
    query: 'UsageRangeQuery',
    reply: 'UsageReply',
    otherReplyTypes: ['text/csv', 'application/cloudevents-batch+json'],
    errors: ['app_not_found'],
    async handle(call) {
      const { id: appId } = await ownApp(call, 'read');
      const { by, groupBy, format, after, limit, ...range } = parseRequest(UsageRangeQuery, call.query);
      const { fromMs, toMs } = rangeOf(range, call.wallClockMs);
      const groups = [...new Set(groupBy)];
      const asked = { appId, fromMs, toMs, step: by, groups, after: after === undefined ? undefined : rowNameOf(after, groups) };
      // An additional row shows whether there is another page.
      const found = await call.books.queryUsage({ ...asked, limit: limit + 1 });
      const page = found.slice(0, limit);
      const next = found.length > limit ? nextOf(page.at(-1)) : undefined;
      const headers = next === undefined ? {} : { Link: `<${nextUrl(call, next)}>; rel="next"` };
      const rows = page.map(usageRowOf);
      if (format === 'csv') return { ...csvOf(rows, groups), headers };
      if (format === 'cloudevents') return { ...cloudEventsOf(appId, by, rows, call), headers };
      const [all] = await call.books.queryUsage({ ...asked, step: 'all', groups: [], after: undefined, limit: 1 });
      const body: UsageReply = {
        appId,
        from: timeText(fromMs),
        to: timeText(toMs),
        by,
        groupBy: groups,
        billedMetric: BILLED_METRIC,
        total: countsOf(all?.bytes ?? NO_USAGE),
        rows,
        ...(next === undefined ? {} : { next }),
      };
      return { body, headers };
    },
  },
  {
    operationId: 'readBill',
    access: 'admin',
    method: 'get',
    path: '/apps/:app_id/bill',
    summary: 'Show what an app costs in a month',
    query: 'BillQuery',
    reply: 'BillReply',
    errors: ['app_not_found'],
    async handle(call) {
      const { id: appId } = await ownApp(call, 'read');
      const { month = timeText(call.wallClockMs).slice(0, 'YYYY-MM'.length) } = parseRequest(BillQuery, call.query);
      const fromMs = Date.parse(`${month}-01`);
      const toMs = endOfMonth(fromMs);
      const [all] = await call.books.queryUsage({ appId, fromMs, toMs, step: 'all', groups: [], after: undefined, limit: 1 });
      const { billed: billedBytes } = countsOf(all?.bytes ?? NO_USAGE);
      const chargedBytes = chargedBytesOf(billedBytes, call.pricing);
      const body: BillReply = {
        appId,
        month,
        isOver: call.wallClockMs >= toMs,
        billedMetric: BILLED_METRIC,
        billedBytes,
        freeBytes: call.pricing.freeBytesPerMonth,
        chargedBytes,
        pricePerGb: call.pricing.pricePerGb,
        currency: call.pricing.currency,
        cost: costOf(chargedBytes, call.pricing),
      };
      return { body };
    },
  },
  {
    operationId: 'exportLedger',
    access: 'admin',
    method: 'get',
    path: '/apps/:app_id/ledger',
    summary: 'Export the ledger of an app',
    description:
      'Lines of JSON that prove the bill: `causeway ledger verify` checks them without a node. Each line is a `LedgerLine`; the last one is the end.',
    query: 'LedgerQuery',
    reply: 'LedgerLine',
    replyType: 'application/x-ndjson',
    errors: ['app_not_found'],
    handle: () => Promise.reject(new Error('the ledger is only streamed')),
    async stream(call) {
      const { id: appId } = await ownApp(call, 'read');
      const { fromMs, toMs } = rangeOf(parseRequest(LedgerQuery, call.query), call.wallClockMs);
      if (call.ledger === undefined) throw new SfuError('books_unavailable', 'this node signs no ledger');
      return {
        type: 'application/x-ndjson; charset=utf-8',
        chunks: exportLedger(call.books, { appId, fromMs, toMs, ...call.ledger }),
      };
    },
  },
];

/** @throws invalid_params – the range is empty, invalid, or longer than the books keep usage */
function rangeOf({ from, to }: { readonly from?: string | undefined; readonly to?: string | undefined }, nowMs: number) {
  const toMs = to === undefined ? nowMs - (nowMs % HOUR_MS) + HOUR_MS : momentOf('to', to);
  const fromMs = from === undefined ? startOfMonth(toMs - 1) : momentOf('from', from);
  if (fromMs >= toMs) throw new SfuError('invalid_params', 'from must be before to', { details: { path: 'from' } });
  if (toMs - fromMs > MAX_RANGE_DAYS * DAY_MS) {
    throw new SfuError('invalid_params', `a range must not be longer than ${MAX_RANGE_DAYS} days`, { details: { path: 'from' } });
  }
  return { fromMs, toMs };
}

function momentOf(path: string, text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new SfuError('invalid_params', `${path} is not a day or hour of the calendar`, { details: { path } });
  return ms;
}

function startOfMonth(ms: number): number {
  const time = new Date(ms);
  return Date.UTC(time.getUTCFullYear(), time.getUTCMonth());
}

function endOfMonth(startMs: number): number {
  const time = new Date(startMs);
  return Date.UTC(time.getUTCFullYear(), time.getUTCMonth() + 1);
}

function countsOf({ down, data, up, relay, retransmitted }: UsageBytes): UsageCounts {
  return { down, data, up, relay, retransmitted, billed: down + data };
}

function usageRowOf({ startMs, kind, region, session, track, bytes }: BookedUsageRow): UsageRow {
  return {
    start: timeText(startMs),
    ...(kind === undefined ? {} : { kind }),
    ...(region === undefined ? {} : { region }),
    ...(session === undefined ? {} : { session }),
    ...(track === undefined ? {} : { track }),
    ...countsOf(bytes),
  };
}

/** Writes CSV (RFC 4180). */
function csvOf(rows: readonly UsageRow[], groups: readonly UsageGroup[]): TextReply {
  const columns = ['start', ...groups, ...METRICS] as const;
  const lines = [columns.join(','), ...rows.map((row) => columns.map((column) => csvField(String(row[column] ?? ''))).join(','))];
  return { type: 'text/csv; charset=utf-8; header=present', text: lines.map((line) => `${line}\r\n`).join('') };
}

/** Spreadsheets treat a field that begins with one of these as a formula, and clients choose the names of their tracks. */
const FORMULA = /^[=+\-@\t\r]/;

function csvField(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Writes CloudEvents 1.0 in JSON batch format. An event keeps its id, so a receiver that knows (source, id) counts it once. */
function cloudEventsOf(appId: string, by: 'hour' | 'day' | 'all', rows: readonly UsageRow[], { wallClockMs }: AdminCall): TextReply {
  if (by === 'all') throw new SfuError('invalid_params', 'as CloudEvents, usage is by hour or day', { details: { path: 'by' } });
  const stepMs = by === 'hour' ? HOUR_MS : DAY_MS;
  const events = rows.flatMap(({ start, ...data }) => {
    const endMs = Date.parse(start) + stepMs;
    // A period that may still grow would have to be reported again under another id.
    if (endMs > wallClockMs) return [];
    const { kind, region, session, track } = data;
    const id = JSON.stringify([by, start, kind, region, session, track].map((name) => name ?? null));
    const event = { specversion: '1.0', id, source: `/apps/${appId}`, type: 'causeway.usage', subject: appId, time: timeText(endMs) };
    return [{ ...event, datacontenttype: 'application/json', data: { start, ...data, billedMetric: BILLED_METRIC } }];
  });
  return { type: 'application/cloudevents-batch+json; charset=utf-8', text: JSON.stringify(events) };
}

function nextOf(row: UsageRowName | undefined): string | undefined {
  if (row === undefined) return undefined;
  const { startMs, kind, region, session, track } = row;
  return Buffer.from(JSON.stringify({ startMs, kind, region, session, track })).toString('base64url');
}

/** @throws invalid_params – the text was not returned as `next`, or for other groups */
function rowNameOf(text: string, groups: readonly UsageGroup[]): UsageRowName {
  const name = parsedObject(Buffer.from(text, 'base64url').toString('utf8'));
  const areTexts = groups.every((group) => typeof name[group] === 'string');
  if (!areTexts || !Number.isSafeInteger(name.startMs)) {
    throw new SfuError('invalid_params', 'after must be the next of an earlier page with the same groupBy', { details: { path: 'after' } });
  }
  const { startMs, kind, region, session, track } = name as unknown as UsageRowName;
  return { startMs, kind, region, session, track };
}

function parsedObject(json: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(json)) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function nextUrl({ url }: AdminCall, next: string): string {
  const { pathname, searchParams } = new URL(url, 'http://node');
  searchParams.set('after', next);
  return `${pathname}?${searchParams}`;
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
