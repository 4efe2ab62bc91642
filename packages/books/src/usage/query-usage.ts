import {
  NO_USAGE,
  USAGE_GROUPS,
  USAGE_METRICS,
  type UsageBytes,
  type UsageGroup,
  type UsageKind,
  type UsageQuery,
  type UsageRow,
  type UsageRowName,
  type UsageStep,
} from '@causeway/accounts';
import type { AppId } from '@causeway/protocol';
import { type RawBuilder, sql } from 'kysely';
import type { BooksDatabase } from '../database/schema.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const COLUMNS: Readonly<Record<UsageGroup, string>> = { kind: 'kind', region: 'region', session: 'sessionId', track: 'track' };

type SqlRow = { readonly startMs: number } & Partial<Readonly<Record<UsageGroup, string>>> & UsageBytes;

export async function queryUsage(database: BooksDatabase, query: UsageQuery): Promise<readonly UsageRow[]> {
  const { appId, fromMs, toMs, after, limit } = query;
  const groups = USAGE_GROUPS.filter((group) => query.groups.includes(group));
  const names = [sql.ref('startMs'), ...groups.map((group) => sql.ref(group))];
  const selected = [sql`${startOf(query.step, fromMs)} as ${sql.ref('startMs')}`, ...groups.map(columnAs), ...USAGE_METRICS.map(sumAs)];
  // The outer query sees groups as rows, so it can continue after one of them.
  const grouped = sql`select ${sql.join(selected)} from ${sql.table('usageHours')}
    where ${sql.ref('appId')} = ${appId} and ${sql.ref('hourMs')} >= ${fromMs} and ${sql.ref('hourMs')} < ${toMs}
    group by ${sql.join(names.map((_name, index) => sql.lit(index + 1)))}`;
  const continued = after === undefined ? sql`` : sql`where (${sql.join(names)}) > (${sql.join(valuesOf(after, groups))})`;
  const { rows } = await sql<SqlRow>`select * from (${grouped}) as ${sql.ref('grouped')} ${continued}
    order by ${sql.join(names)} limit ${sql.lit(limit)}`.execute(database);
  return rows.map(rowOf);
}

export async function usageTotals(database: BooksDatabase, appId: AppId, day: string): Promise<UsageBytes> {
  const fromMs = Date.parse(day);
  const [row] = await queryUsage(database, { appId, fromMs, toMs: fromMs + DAY_MS, step: 'all', groups: [], after: undefined, limit: 1 });
  return row?.bytes ?? NO_USAGE;
}

function startOf(step: UsageStep, fromMs: number): RawBuilder<unknown> {
  if (step === 'hour') return sql.ref('hourMs');
  if (step === 'all') return sql`cast(${sql.lit(fromMs)} as bigint)`;
  return sql`${sql.ref('hourMs')} - ${sql.ref('hourMs')} % ${sql.lit(DAY_MS)}`;
}

function columnAs(group: UsageGroup): RawBuilder<unknown> {
  return sql`${sql.ref(COLUMNS[group])} as ${sql.ref(group)}`;
}

/** Casts the sum, because Postgres returns sums of 64-bit integers as `numeric`, which pg returns as a string. */
function sumAs(metric: string): RawBuilder<unknown> {
  return sql`cast(sum(${sql.ref(metric)}) as bigint) as ${sql.ref(metric)}`;
}

function valuesOf(name: UsageRowName, groups: readonly UsageGroup[]): readonly (number | string)[] {
  return [name.startMs, ...groups.map((group) => name[group] ?? '')];
}

function rowOf({ startMs, kind, region, session, track, down, up, relay, retransmitted, data }: SqlRow): UsageRow {
  return { startMs, kind: kind as UsageKind | undefined, region, session, track, bytes: { down, up, relay, retransmitted, data } };
}
