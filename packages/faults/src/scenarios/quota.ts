import type { DiagnoseReply } from '@causeway/protocol';
import { BookedService } from './booked-service.ts';
import { Call } from './call.ts';
import { atLeast, atMost, exactly } from './finding.ts';
import { type Lab, timeUntil } from './lab.ts';
import type { Scenario } from './scenario.ts';

/** The smallest quota that can be set. */
const QUOTA_BYTES = 1e9;
const LEFT_BYTES = { short: 15e6, whole: 200e6 } as const;
const LOAD = { packetsPerSecond: 120, packetBytes: 1_100 } as const;
const WATCHERS = { eu: 2, us: 2, ap: 2 } as const;
const MAX_OVERSHOOT_BYTES = 0.01 * QUOTA_BYTES;
const STOPPED_FOR_MS = 6_000;
const DEADLINE_MS = 600_000;

/** An app uses up the rest of its quota on three nodes at once, which know of each other only through Redis. */
export const quota: Scenario = {
  name: 'quota',
  covers: ['Show: quota overshoot'],
  title: 'An app uses up its quota of a month on three nodes',
  run: (lab, thoroughness) =>
    BookedService.with(lab, { settings: { monthlyQuotaGb: QUOTA_BYTES / 1e9, quotaGraceSeconds: 0 } }, async ({ appId }) => {
      const leftBytes = LEFT_BYTES[thoroughness];
      const month = new Date().toISOString().slice(0, 'YYYY-MM'.length);
      // This is what a node leaves behind that has served the app this month and is gone.
      await lab.redis.command('HSET', `sfu:{${appId}}:quota:${month}`, 'u:900:1', String(QUOTA_BYTES - leftBytes), 't:900:1', '0');
      const call = await Call.open(lab, { name: 'talk', from: 'eu', to: WATCHERS, ...LOAD });
      const received = { bytes: 0, sinceMs: performance.now() };
      const tookMs = await timeUntil(
        async () => {
          const bytes = await lab.watchers.ask('receivedBytes');
          if (bytes !== received.bytes) Object.assign(received, { bytes, sinceMs: performance.now() });
          return performance.now() - received.sinceMs > STOPPED_FOR_MS;
        },
        DEADLINE_MS,
        250,
      );
      const subscribing = await call.join('us', 1).then(
        () => 'taken',
        (error: Error) => (error.message.includes('quota_exceeded') ? 'refused' : error.message),
      );
      return [
        atMost(`until ${leftBytes / 1e6} MB of it were used and nothing came any more`, tookMs / 1_000, DEADLINE_MS / 1_000, ' s'),
        atLeast('share used of what was left', received.bytes / leftBytes, 0.9),
        atMost('used beyond the quota, of 1000 MB', (received.bytes - leftBytes) / 1e6, MAX_OVERSHOOT_BYTES / 1e6, ' MB'),
        exactly('a new subscription', subscribing, 'refused'),
        exactly('what `diagnose` says to someone who sees nothing any more', await diagnose(lab, call), 'quota_used_up'),
      ];
    }),
};

async function diagnose(lab: Lab, call: Call): Promise<string> {
  const [watcher] = await call.figures('us');
  const { body } = await lab.api('us').call('GET', `/session/${watcher?.sessionId}/diagnose`);
  return (body as DiagnoseReply).findings.map(({ code }) => code).join(', ');
}
