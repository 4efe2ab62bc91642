import { setTimeout as sleep } from 'node:timers/promises';
import { createLoadApi, LoadSession, quantile, repeatConcurrently } from '@causeway/loadtest';
import { createSecureSuite } from '@causeway/secure';
import type { Strain } from './strain.ts';

const CLIENTS = 2_000;
const ARRIVE_WITHIN_MS = 5_000;
const WANTED_SHARE = 0.95;
const WANTED_WITHIN_MS = 20_000;
const LEAVES_AT_ONCE = 16;
const SILENT_LISTENER = { onSrtp() {}, onSrtcp() {} };

/** Repeats what the clients of a region do when the region is gone: all join at once, and return when they are told to. */
export const joinRush: Strain = {
  name: 'join-rush',
  what: `${CLIENTS} clients join within ${ARRIVE_WITHIN_MS / 1000} s`,
  async exert(node) {
    const context = { api: createLoadApi(node.address), suite: await createSecureSuite() };
    const sessions: LoadSession[] = [];
    let refusals = 0;
    const join = async (): Promise<number> => {
      const arrivedMs = performance.now();
      for (;;) {
        try {
          sessions.push(await LoadSession.join(context, { listener: SILENT_LISTENER }));
          return performance.now() - arrivedMs;
        } catch (error) {
          await sleep(retryAfterMs(error));
          refusals++;
        }
      }
    };
    const waitsMs = await Promise.all(
      Array.from({ length: CLIENTS }, async (_, client) => {
        await sleep((client * ARRIVE_WITHIN_MS) / CLIENTS);
        return join();
      }),
    );
    await repeatConcurrently(CLIENTS, LEAVES_AT_ONCE, async () => sessions.pop()?.leave());
    const withinMs = quantile(waitsMs, WANTED_SHARE);
    const line = `95 % were connected within ${(withinMs / 1000).toFixed(1)} s, all within ${(quantile(waitsMs, 1) / 1000).toFixed(1)} s; ${refusals} times one was told to come back`;
    return [withinMs <= WANTED_WITHIN_MS ? line : `! ${line}`];
  },
};

/** @throws the error itself, unless it says when to return */
function retryAfterMs(error: unknown): number {
  const message = error instanceof Error ? error.message : '';
  const [, waitMs] = /"errorCode":"(?:no_capacity|rate_limited)".*"retryAfterMs":(\d+)/.exec(message) ?? [];
  if (waitMs === undefined) throw error;
  return Number(waitMs);
}
