import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresServer } from '@causeway/lab';
import { BookedService } from './booked-service.ts';
import { Call } from './call.ts';
import { atMost, exactly, type Finding } from './finding.ts';
import { type Lab, timeUntil } from './lab.ts';
import { lossless } from './lossless.ts';
import type { Scenario } from './scenario.ts';

const AWAY_MS = { short: 8_000, whole: 60_000 } as const;
const BOOKED_WITHIN_MS = 60_000;
const MAX_CALL_MS = 1_000;

/** The books contain people, apps and money, and media waits for none of them. */
export const booksStopped: Scenario = {
  name: 'books-stopped',
  covers: ['Show: books stopped'],
  title: 'Postgres, which holds the books, is stopped: joins, tokens, media and metering',
  async run(lab, thoroughness) {
    const postgres = await PostgresServer.start();
    try {
      return await BookedService.with(lab, { booksUrl: await postgres.createDatabase() }, async (service) => {
        const call = await Call.open(lab, { name: 'talk', from: 'eu', to: { eu: 2, us: 2 } });
        await call.beginWindow();
        await postgres.kill();
        await sleep(AWAY_MS[thoroughness] / 2);
        const calls = await callEveryNode(lab);
        const admin = await service.admin.send('GET', `/apps/${service.appId}/usage`);
        await sleep(AWAY_MS[thoroughness] / 2);
        const reports = await call.report();
        await call.join('ap', 1);
        await postgres.restart();
        await lab.sources.ask('pause', 'talk');
        const unbilled = async (): Promise<number> =>
          (await lab.watchers.ask('receivedBytes')) - (await service.billedBytes().catch(() => Number.NaN));
        await timeUntil(async () => (await unbilled()) === 0, BOOKED_WITHIN_MS, 500);
        return [
          ...lossless('while the books were away', reports),
          ...calls,
          exactly('what the admin API answers', admin.status, 503),
          exactly('bytes not billed once they are back', await unbilled(), 0),
        ];
      });
    } finally {
      await postgres.stop();
    }
  },
};

/** Checks the node with the books, and one without. */
async function callEveryNode(lab: Lab): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const region of ['eu', 'us']) {
    const api = lab.api(region);
    const join = await api.call('POST', '/session/new', { sessionDescription: { type: 'offer', sdp: await lab.sources.ask('offer') } });
    const mint = await api.call('POST', '/tokens', { sub: 'user' });
    const { token = '' } = mint.body as { readonly token?: string };
    const byToken = await lab.apiWith(region, token).call('GET', '/sessions?limit=1');
    findings.push(
      exactly(
        `joining, a new token and a call with it in ${region}`,
        [join, mint, byToken].map(({ status }) => status).join(' '),
        '200 200 200',
      ),
      atMost(`the slowest of these calls in ${region}`, Math.max(...[join, mint, byToken].map(({ tookMs }) => tookMs)), MAX_CALL_MS, ' ms'),
    );
  }
  return findings;
}
