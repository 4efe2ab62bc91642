/** Node records as they are stored in Redis: signed with the cluster key and dated, since others may be able to write there. */
import type { KeyObject } from 'node:crypto';
import type { NodeRecord } from '@causeway/sfu';
import { z } from 'zod';
import { openSignedText, signText } from '../trust/signed-text.ts';

/** How often nodes date their records again. */
export const RECORD_REFRESH_MS = 30_000;
/** The clocks of a Redis and of its replacement may differ by a minute. */
const CLOCK_LEEWAY_MS = 60_000;
const MAX_RECORD_LENGTH = 8_192;

const Fingerprint = z.object({ algorithm: z.string(), value: z.string() });
const Location = z.object({ latitudeDegrees: z.number(), longitudeDegrees: z.number() });

/** Not strict, because newer nodes may add fields. */
const DatedRecord = z.object({
  issuedAtMs: z.number(),
  record: z.object({
    nodeNo: z.int().min(0),
    epoch: z.int().min(1),
    region: z.string(),
    location: Location.optional().transform((location) => location ?? undefined),
    apiUrl: z.string(),
    linkAddresses: z.array(z.object({ address: z.string(), port: z.int().min(1).max(65_535) })),
    fingerprint: Fingerprint,
    linkVersions: z.object({ min: z.int(), max: z.int() }),
    softwareVersion: z.string(),
    state: z.enum(['serving', 'stressed', 'draining']),
    load: z.number().min(0).max(1),
    linkLosses: z.int().min(0).optional(),
    keepsBooks: z.boolean().optional(),
  }),
});

/** @param redisNowMs milliseconds since 1970 by Redis's clock, which is the same for all nodes */
export function writeNodeRecord(record: NodeRecord, redisNowMs: number, key: KeyObject): string {
  return signText(JSON.stringify({ issuedAtMs: Math.round(redisNowMs), record }), key);
}

/** @returns undefined if the record was not signed by a node of this cluster, is too old or from the future, or is not understood */
export function readNodeRecord(text: string, redisNowMs: number, key: KeyObject): NodeRecord | undefined {
  const payload = text.length > MAX_RECORD_LENGTH ? undefined : openSignedText(text, key);
  if (payload === undefined) return undefined;
  const { data } = DatedRecord.safeParse(parseJson(payload));
  if (data === undefined) return undefined;
  const ageMs = redisNowMs - data.issuedAtMs;
  if (ageMs > RECORD_REFRESH_MS + CLOCK_LEEWAY_MS || ageMs < -CLOCK_LEEWAY_MS) return undefined;
  return { ...data.record, location: data.record.location };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
