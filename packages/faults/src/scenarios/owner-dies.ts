import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiReply } from '../clients/node-api.ts';
import { exactly, type Finding } from './finding.ts';
import type { Lab } from './lab.ts';
import type { Scenario } from './scenario.ts';

const ANSWER_DEADLINE_MS = 15_000;
const CALL_EVERY_MS = 10;

interface Attempt {
  readonly key: string;
  readonly reply: ApiReply;
}

/** The node that calls are passed on to dies in the middle of them. */
export const ownerDies: Scenario = {
  name: 'owner-dies',
  covers: ['F21'],
  title: 'The owner dies while calls are being passed on to it',
  async run(lab, thoroughness) {
    const calls = thoroughness === 'whole' ? 500 : 100;
    const sdp = await lab.sources.ask('offer');
    const attempts = await createWhileItDies(lab, sdp, calls);
    const failed = attempts.filter(({ reply }) => reply.status !== 200);
    const unclear = failed.filter(({ reply }) => !isClearError(reply));
    // The clients do as they were told and repeat the call with the same key until it is accepted.
    const repeated = await Promise.all(failed.map(({ key }) => createUntilTaken(lab, key, sdp)));
    return [
      exactly(
        `calls of ${calls} that died with the owner, but were not told so clearly`,
        unclear.length === 0 ? 0 : `${unclear.length}: ${JSON.stringify(unclear[0]?.reply)}`,
        0,
      ),
      exactly(`of ${failed.length} repeated with the same key, not taken elsewhere`, repeated.filter((isTaken) => !isTaken).length, 0),
      ...(await duplicateFindings(lab)),
    ];
  },
};

async function createWhileItDies(lab: Lab, sdp: string, calls: number): Promise<Attempt[]> {
  const attempts: Promise<Attempt>[] = [];
  for (let index = 0; index < calls; index++) {
    const key = `call-${index}`;
    attempts.push(create(lab, key, sdp, 'us').then((reply) => ({ key, reply })));
    if (index === Math.floor(calls / 2)) lab.cluster.node('us').child.signal('SIGKILL');
    await sleep(CALL_EVERY_MS);
  }
  return Promise.all(attempts);
}

/** Creates a session through eu. */
function create(lab: Lab, key: string, sdp: string, region?: string): Promise<ApiReply> {
  const body = { sessionDescription: { type: 'offer', sdp }, metadata: key, ...(region === undefined ? {} : { region }) };
  return lab.api('eu').call('POST', '/session/new', body, { 'idempotency-key': key });
}

function isClearError({ status, body }: ApiReply): boolean {
  const { errorCode, requestId } = (body ?? {}) as { readonly errorCode?: string; readonly requestId?: string };
  return [502, 503, 504].includes(status) && errorCode !== undefined && requestId !== undefined;
}

async function createUntilTaken(lab: Lab, key: string, sdp: string): Promise<boolean> {
  const deadlineMs = performance.now() + ANSWER_DEADLINE_MS;
  while (performance.now() < deadlineMs) {
    // A key stands for the same call only with the same body, so the region is named again. After that it no longer is.
    const { status, body } = await create(lab, key, sdp, 'us');
    if (status === 200) return true;
    const { errorCode } = (body ?? {}) as { readonly errorCode?: string };
    if (errorCode === 'no_capacity') return (await create(lab, `${key}-elsewhere`, sdp)).status === 200;
    await sleep(500);
  }
  return false;
}

/** Checks that no key created two living sessions. */
async function duplicateFindings(lab: Lab): Promise<Finding[]> {
  const { body } = await lab.api('eu').call('GET', '/sessions?limit=1000');
  const names = (body as readonly { readonly metadata?: string }[]).map(({ metadata }) => metadata ?? '');
  return [exactly(`of ${names.length} sessions listed, those that share their key with another`, names.length - new Set(names).size, 0)];
}
