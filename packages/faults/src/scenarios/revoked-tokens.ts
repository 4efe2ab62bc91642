import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '@causeway/loadtest';
import { seededRandom } from '@causeway/testkit';
import { atMost, exactly, type Finding } from './finding.ts';
import { type Lab, timeUntil } from './lab.ts';
import type { Scenario } from './scenario.ts';

const ROUNDS = { short: 6, whole: 50 } as const;
const IN_FORCE_WITHIN_MS = 2_000;
const DEADLINE_MS = 10_000;
const LOOK_EVERY_MS = 20;
/** Nodes read revocations once a second, and tokens are revoked at any moment of that second. */
const READ_EVERY_MS = 1_000;
const REGIONS = ['eu', 'us', 'ap'] as const;

/** A token that is revoked at one node ends at all of them, and the session that it opened as well. */
export const revokedTokens: Scenario = {
  name: 'revoked-tokens',
  covers: ['Show: revocation on all nodes'],
  title: 'Tokens are revoked, by id and by subject, with the hint to other nodes and without',
  async run(lab, thoroughness) {
    const rounds = ROUNDS[thoroughness];
    const hinted = await revokeAgainAndAgain(lab, 'hinted', rounds);
    await lab.redis.command('ACL', 'SETUSER', 'default', '-publish');
    const unhinted = await revokeAgainAndAgain(lab, 'unhinted', rounds);
    await lab.redis.command('ACL', 'SETUSER', 'default', '+publish');
    return [...describe('with the hint', hinted), ...describe('when the hint is lost', unhinted)];
  },
};

interface Revoked {
  readonly refusedAfterMs: readonly number[];
  readonly closedAfterMs: readonly number[];
  /** Tokens that were not accepted by every node before they were revoked. */
  readonly unusable: number;
}

async function revokeAgainAndAgain(lab: Lab, name: string, rounds: number): Promise<Revoked> {
  const [refusedAfterMs, closedAfterMs]: [number[], number[]] = [[], []];
  const random = seededRandom(rounds);
  let unusable = 0;
  for (let round = 0; round < rounds; round++) {
    const [minting, revoking, joining] = [0, 1, 2].map((place) => REGIONS[(round + place) % REGIONS.length] ?? 'eu');
    const sub = `${name}-${round}`;
    const minted = (await lab.api(minting ?? '').call('POST', '/tokens', { sub })).body as { readonly token: string; readonly jti: string };
    const sdp = await lab.sources.ask('offer');
    const offer = { sessionDescription: { type: 'offer', sdp }, region: joining };
    const joined = await lab.apiWith(joining ?? '', minted.token).call('POST', '/session/new', offer);
    const { sessionId = '' } = joined.body as { readonly sessionId?: string };
    const before = await Promise.all(REGIONS.map((region) => listAs(lab, region, minted.token)));
    if (before.some((status) => status !== 200)) unusable++;
    await sleep(READ_EVERY_MS * random());

    const what = round % 2 === 0 ? { jti: minted.jti } : { sub };
    const startedAtMs = performance.now();
    const revocation = await lab.api(revoking ?? '').call('POST', '/tokens/revoke', { ...what, closeSessions: true });
    if (revocation.status !== 200) throw new Error(`the revocation was answered ${revocation.status}: ${JSON.stringify(revocation.body)}`);
    const since = async (isMet: () => Promise<boolean>): Promise<number> =>
      Number.isFinite(await timeUntil(isMet, DEADLINE_MS, LOOK_EVERY_MS)) ? performance.now() - startedAtMs : Number.POSITIVE_INFINITY;
    const refused = REGIONS.map((region) => since(async () => (await listAs(lab, region, minted.token)) === 401));
    const closed = since(async () => (await lab.api(minting ?? '').call('GET', `/session/${sessionId}`)).status === 410);
    const [ofNodes, ofSession] = [await Promise.all(refused), await closed];
    if (Math.max(...ofNodes, ofSession) > IN_FORCE_WITHIN_MS) {
      lab.note(
        `${sub}, revoked at ${revoking}, session at ${joining}: ${REGIONS.join(', ')} after ${ofNodes.map(Math.round)} ms, closed after ${Math.round(ofSession)} ms`,
      );
    }
    refusedAfterMs.push(...ofNodes);
    closedAfterMs.push(ofSession);
  }
  return { refusedAfterMs, closedAfterMs, unusable };
}

async function listAs(lab: Lab, region: string, token: string): Promise<number> {
  return (await lab.apiWith(region, token).call('GET', '/sessions?limit=1')).status;
}

function describe(when: string, { refusedAfterMs, closedAfterMs, unusable }: Revoked): Finding[] {
  const p50 = Math.round(quantile(refusedAfterMs, 0.5));
  return [
    exactly(`${when}: tokens that were not good at every node before`, unusable, 0),
    atMost(
      `${when}: a node refuses the token after, p99 of ${refusedAfterMs.length} (p50 ${p50} ms)`,
      quantile(refusedAfterMs, 0.99),
      IN_FORCE_WITHIN_MS,
      ' ms',
    ),
    atMost(
      `${when}: its session is closed after, p99 of ${closedAfterMs.length}`,
      quantile(closedAfterMs, 0.99),
      IN_FORCE_WITHIN_MS,
      ' ms',
    ),
  ];
}
