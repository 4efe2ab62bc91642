import { setTimeout as sleep } from 'node:timers/promises';
import type { DiagnoseReply } from '@causeway/protocol';
import { Call } from './call.ts';
import { atMost, exactly, type Finding } from './finding.ts';
import { type Lab, timeUntil } from './lab.ts';
import type { Scenario } from './scenario.ts';

const WATCHERS = { eu: 16, us: 17, ap: 16 } as const;
const LOOKS = { short: 3, whole: 12 } as const;
const BETWEEN_LOOKS_MS = 2_500;
/** The first reports have arrived after this time. */
const REPORTED_WITHIN_MS = 2_000;
/** Media that is less than two seconds late is not yet a fault. */
const PATIENCE_MS = 2_000;
const NAMED_WITHIN_MS = 3_000;
/** Long before this, the silence of a link is noticed and other routes are tried. */
const DEADLINE_MS = 20_000;

/**
 * Provokes the faults that have a cause outside of the browser. `packages/e2e/test/quiet/diagnose.test.ts` provokes the others in pages.
 */
export const diagnosed: Scenario = {
  name: 'diagnosed',
  covers: ['Show: `diagnose` names the right link, and nothing in 50 healthy sessions'],
  title: 'Fifty healthy sessions in three regions, a token that grants too little, and links that carry nothing: what `diagnose` says',
  needs: { settledLinks: true },
  async run(lab, thoroughness) {
    const call = await Call.open(lab, { name: 'talk', from: 'eu', to: WATCHERS });
    const watchers = (await Promise.all(call.regions.map((region) => call.figures(region)))).flat().map(({ sessionId }) => sessionId);
    await call.startReports();
    const sessions = [call.track.remoteSessionId, ...watchers];
    await sleep(REPORTED_WITHIN_MS);
    const wrong: string[] = [];
    for (let look = 0; look < LOOKS[thoroughness]; look++) {
      for (const sessionId of sessions) wrong.push(...(await codesOf(lab, 'ap', sessionId)).map((code) => `${code} of ${sessionId}`));
      await sleep(BETWEEN_LOOKS_MS);
    }
    return [
      exactly(`what is wrong with ${sessions.length} healthy sessions, in ${LOOKS[thoroughness]} looks at each`, wrong.join(', '), ''),
      await refusedCall(lab, watchers[0] ?? ''),
      ...(await silentRelay(lab, (await call.figures('us'))[0]?.sessionId ?? '')),
    ];
  },
};

async function refusedCall(lab: Lab, sessionId: string): Promise<Finding> {
  const { token = '' } = (await lab.api('eu').call('POST', '/tokens', { sub: 'user', act: ['list'] })).body as { readonly token?: string };
  await lab.apiWith('eu', token).call('POST', `/session/${sessionId}/track/unsubscribe`, { tracks: [{ mid: '9' }] });
  const tookMs = await timeUntil(async () => (await codesOf(lab, 'ap', sessionId))[0] === 'call_refused', DEADLINE_MS);
  return atMost('until a call that a token does not grant is named', tookMs, NAMED_WITHIN_MS, ' ms');
}

/** Cuts the links between nodes, whose calls about sessions still succeed. */
async function silentRelay(lab: Lab, sessionId: string): Promise<Finding[]> {
  for (const other of ['us', 'ap'] as const) {
    await lab.cluster.network.ask('impairLinks', { between: ['eu', other], impairment: { isCut: true } });
  }
  const tookMs = await timeUntil(async () => (await codesOf(lab, 'us', sessionId)).includes('relay_silent'), DEADLINE_MS);
  const named = await codesOf(lab, 'us', sessionId);
  for (const other of ['us', 'ap'] as const) {
    await lab.cluster.network.ask('impairLinks', { between: ['eu', other], impairment: { isCut: false } });
  }
  const mendedMs = await timeUntil(async () => (await codesOf(lab, 'us', sessionId)).length === 0, DEADLINE_MS);
  return [
    atMost('until a relay that brings nothing is named', tookMs, PATIENCE_MS + NAMED_WITHIN_MS, ' ms'),
    exactly('what else is named then', named.filter((code) => code !== 'relay_silent').join(', '), ''),
    atMost('until nothing is named once the links carry packets again', mendedMs, DEADLINE_MS, ' ms'),
  ];
}

async function codesOf(lab: Lab, region: string, sessionId: string): Promise<readonly string[]> {
  const { status, body } = await lab.api(region).call('GET', `/session/${sessionId}/diagnose`);
  return status === 200 ? (body as DiagnoseReply).findings.map(({ code }) => code) : [`answered ${status}`];
}
