import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresServer } from '@causeway/lab';
import { RecordingServer } from '../clients/recording-server.ts';
import { BOOKS_REGION, BookedService } from './booked-service.ts';
import { Call } from './call.ts';
import { CHOSEN_SECRETS, MISSING, type Secrets, Told, useApp, usePeople, useWebhook, WEBHOOK_PATH } from './canary-uses.ts';
import { atLeast, exactly, type Finding } from './finding.ts';
import type { Lab } from './lab.ts';
import type { Scenario } from './scenario.ts';
import { callWithRight, callWrongly, isOfAdmin, type Operation, PAUSE_MS, readOperations, type WrongCaller } from './wrong-calls.ts';

const TROUBLE_MS = 4_000;
const METRICS_EVERY_MS = 2_000;
/** Calls enter at this node and are carried to that of the session, or to that of the books. */
const ENTRY_REGION = 'us';
const SET_UP_TOKEN = 'the token of the set-up link';
/** The statuses of replies to wrong calls, both while all is well and while Redis and the books are away. */
const REFUSALS = [400, 401, 403, 404, 503];

/** Each kind of secret is used in correct and in wrong ways, and everything that a node tells anyone is searched for it. */
export const canary: Scenario = {
  name: 'canary',
  covers: ['Show: no kind of secret in any log, metric, trace, event or error'],
  title: 'Secrets of every kind, in calls of every endpoint that succeed and fail, while Redis and the books come and go',
  async run(lab) {
    const postgres = await PostgresServer.start();
    const outside = await RecordingServer.start();
    const folder = await mkdtemp(join(tmpdir(), 'causeway-canary-'));
    try {
      await lab.redis.command('ACL', 'SETUSER', 'node', 'on', `>${CHOSEN_SECRETS['the password of Redis']}`, '~sfu:*', '&sfu:*', '+@all');
      const booksUrl = (await postgres.createDatabase()).replace('tests@', `tests:${CHOSEN_SECRETS['the password of the books']}@`);
      const environment = await environmentOf(lab, outside, folder);
      return await BookedService.with(lab, { booksUrl, environment }, (service) => useEverything(lab, service, { postgres, outside }));
    } finally {
      outside.stop();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function environmentOf(lab: Lab, { url }: RecordingServer, folder: string): Promise<Readonly<Record<string, string>>> {
  const config = join(folder, 'config.json');
  const signingKey = { kid: 'canary', alg: 'HS256', secret: CHOSEN_SECRETS['the signing secret of a configured app'] };
  await writeFile(
    config,
    JSON.stringify({ apps: [{ id: 'configured', secrets: [CHOSEN_SECRETS['the secret of a configured app']], tokenKeys: [signingKey] }] }),
  );
  return {
    CAUSEWAY_CONFIG: config,
    CAUSEWAY_LOG_LEVEL: 'debug',
    CAUSEWAY_REDIS_URL: `redis://node:${CHOSEN_SECRETS['the password of Redis']}@127.0.0.1:${lab.redis.port}`,
    CAUSEWAY_WEBHOOKS_ALLOW_PRIVATE: '127.0.0.1',
    CAUSEWAY_OIDC_ISSUER: url,
    CAUSEWAY_OIDC_CLIENT_ID: 'causeway',
    CAUSEWAY_OIDC_CLIENT_SECRET: CHOSEN_SECRETS['the secret of the OpenID client'],
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer ${CHOSEN_SECRETS['the credential for the collector']}`,
    OTEL_METRIC_EXPORT_INTERVAL: String(METRICS_EVERY_MS),
  };
}

interface Surroundings {
  readonly postgres: PostgresServer;
  readonly outside: RecordingServer;
}

async function useEverything(lab: Lab, service: BookedService, { postgres, outside }: Surroundings): Promise<readonly Finding[]> {
  const told = new Told();
  const people = await usePeople(lab.address(BOOKS_REGION).url, service, told);
  const webhook = await useWebhook(service, outside, told);
  const app = await useApp(lab, ENTRY_REGION, told);
  const secrets: Secrets = { ...CHOSEN_SECRETS, ...ofTheCluster(lab, service), ...people, ...webhook, ...app.secrets };
  const operations = await readOperations(lab.address(BOOKS_REGION).url);
  const ids = { org_id: service.admin.organisation, app_id: service.appId, sfu_app_id: service.appId, session_id: app.sessionId };
  const callerOf = (operation: Operation): WrongCaller =>
    isOfAdmin(operation)
      ? { url: lab.address(BOOKS_REGION).url, credential: service.admin.key, ids, secrets }
      : { url: lab.address(ENTRY_REGION).url, credential: lab.address(ENTRY_REGION).secret, ids, secrets };
  for (const operation of operations) await callWrongly(operation, callerOf(operation), told.hear);
  const call = await Call.open(lab, { name: 'talk', from: 'eu', to: { us: 1 } });
  await postgres.kill();
  lab.redis.child.signal('SIGSTOP');
  await sleep(TROUBLE_MS);
  await Promise.all(
    operations.map(async (operation, index) => {
      await sleep(index * PAUSE_MS);
      await callWithRight(operation, callerOf(operation), told.hear);
    }),
  );
  lab.redis.child.signal('SIGCONT');
  await postgres.restart();
  await sleep(TROUBLE_MS);
  await call.leave('us');
  await sleep(2 * METRICS_EVERY_MS);
  const events = await app.endEvents();
  told.texts.push(events);
  for (const { plan } of lab.cluster.nodes) {
    for (const path of ['/metrics', '/debug/objects']) await told.add(await fetch(`http://127.0.0.1:${plan.debugPort}${path}`));
  }
  const heard = { operations: operations.length, told, outside, events };
  return [...heardOfEverything(heard), ...searched(lab, secrets, [...told.texts, ...outside.recorded.map(({ body }) => body)])];
}

function ofTheCluster(lab: Lab, { admin }: BookedService): Secrets {
  const { plan, child } = lab.cluster.node(BOOKS_REGION);
  return {
    [SET_UP_TOKEN]: /cwsetup_[A-Za-z0-9_-]+/.exec(child.log)?.[0] ?? MISSING,
    'a key of the admin API': admin.key,
    'the cluster key': plan.environment.CAUSEWAY_CLUSTER_KEY ?? MISSING,
    'the secret of the app in the environment': lab.cluster.app.secret,
    'the secret of an app in the books': lab.address(BOOKS_REGION).secret,
  };
}

interface HeardOf {
  readonly operations: number;
  readonly told: Told;
  readonly outside: RecordingServer;
  readonly events: string;
}

/** Checks that every source of texts had some, because otherwise nothing could be found in it. */
function heardOfEverything({ operations, told, outside, events }: HeardOf): Finding[] {
  return [
    atLeast('endpoints that were called wrongly', operations, 80),
    exactly('statuses of the replies', REFUSALS.filter((status) => told.statuses.has(status)).join(' '), REFUSALS.join(' ')),
    atLeast('events that were streamed', events.split('\ndata: ').length - 1, 3),
    atLeast('events that were sent to a webhook', outside.countAt(WEBHOOK_PATH), 3),
    atLeast('batches of traces that were exported', outside.countAt('/v1/traces'), 3),
    atLeast('batches of metrics that were exported', outside.countAt('/v1/metrics'), 3),
  ];
}

function searched(lab: Lab, secrets: Secrets, texts: readonly string[]): Finding[] {
  const logs = lab.cluster.nodes.map(({ child }) => child.log);
  // The output for the person who starts a node contains the link that sets it up, on purpose.
  const lines = logs.map((log) =>
    log
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .join('\n'),
  );
  const size = [...logs, ...texts].join('').length;
  const { appId } = lab.address(BOOKS_REGION);
  const control = [texts, logs].every((some) => some.some((text) => text.includes(appId)));
  const cut = lab.cluster.nodes.filter(({ child }) => !child.isLogWhole).map(({ plan }) => plan.name);
  const found = Object.entries(secrets).map(([kind, secret]) => {
    const places = [...(kind === SET_UP_TOKEN ? lines : logs), ...texts];
    const isFound = secret === MISSING || places.some((text) => text.includes(secret));
    return exactly(
      `${kind}, in ${size} characters of logs, metrics, traces, events and replies`,
      isFound ? 'found' : 'not found',
      'not found',
    );
  });
  return [
    exactly('nodes of whose log the beginning is missing', cut.join(', '), ''),
    exactly('the id of the app, which is no secret, in logs and in replies', control ? 'found' : 'not found', 'found'),
    ...found,
  ];
}
