/** `causeway doctor [--from URL] [--json]` finds problems of a node's machine, network, Redis and books, and says how to fix them. */
import { createSecretKey } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { parseArgs } from 'node:util';
import { TokenDesk } from '@causeway/accounts';
import type { ClusterSurvey } from '@causeway/cluster';
import type { SocketAddress } from '@causeway/sfu';
import { argumentsError } from '../config/command-usage.ts';
import type { Config } from '../config/load-config.ts';
import { isLoopback } from '../config/network-kinds.ts';
import { OPTIONS } from '../config/options.ts';
import { ConfigError } from '../config/start-error.ts';
import { checkNodes, checkRedis, type OwnNode } from './cluster-checks.ts';
import { describeFindings, type Finding, problem } from './finding.ts';
import { checkMetering } from './metering-checks.ts';
import { checkAddress, checkMachine, checkPorts, readMachine } from './node-checks.ts';
import { checkBooks, checkService, type EventAccess } from './service-checks.ts';

export interface DoctorReport {
  readonly text: string;
  /** 1 if a check found a problem, otherwise 0. */
  readonly exitCode: number;
}

const STUN_URL = /^stun:(\[[0-9a-f:]+\]|[^:[\]/]+):(\d{1,5})$/i;
const TOKEN_SECONDS = 60;

/** @throws ConfigError – the arguments are invalid */
export async function runDoctorCommand(config: Config, args: readonly string[]): Promise<DoctorReport> {
  const { from, isJson } = readArguments(args);
  const findings = await examine(config, from);
  const hasProblem = findings.some(({ verdict }) => verdict === 'problem');
  return { text: isJson ? `${JSON.stringify({ findings }, undefined, 2)}\n` : describeFindings(findings), exitCode: hasProblem ? 1 : 0 };
}

interface From {
  readonly services: readonly URL[];
  readonly stun: readonly { readonly host: string; readonly port: number }[];
}

function readArguments(args: readonly string[]): { readonly from: From; readonly isJson: boolean } {
  try {
    const options = {
      from: { type: 'string', multiple: true, default: [] as string[] },
      json: { type: 'boolean', default: false },
    } as const;
    const { values } = parseArgs({ args: [...args], options });
    return { from: readFrom(values.from), isJson: values.json };
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw argumentsError('doctor', (error as Error).message);
  }
}

function readFrom(texts: readonly string[]): From {
  const services: URL[] = [];
  const stun: { host: string; port: number }[] = [];
  for (const text of texts) {
    const [, host, port] = STUN_URL.exec(text) ?? [];
    if (host !== undefined) stun.push({ host: host.replace(/^\[|\]$/g, ''), port: Number(port) });
    else if (/^https?:/i.test(text) && URL.canParse(text)) services.push(new URL(text));
    else throw argumentsError('doctor', `"${text}" is no URL that begins with https:, http: or stun:`);
  }
  return { services, stun };
}

async function examine(config: Config, { services, stun }: From): Promise<readonly Finding[]> {
  const survey = await surveyOf(config);
  const others =
    survey instanceof Error ? [] : (survey?.nodes ?? []).flatMap(({ nodeNo, record }) => (nodeNo === config.nodeNumber ? [] : [record]));
  const outside = [...(await addressesOf(stun)), ...others.flatMap((record) => record?.linkAddresses ?? [])];
  const access = await eventAccessOf(config);
  const seen = await Promise.all(services.map((url) => checkService(url, access)));
  return [
    ...checkMachine(readMachine(), config.maxSessions),
    ...(await checkPorts(config)),
    await checkAddress(config, outside),
    ...seen.flat(),
    ...(await clusterFindings(config, survey)),
    ...(await checkBooks(config.books, Date.now())),
    await checkMetering(config),
  ];
}

/** @returns undefined for a standalone node, or the error if Redis cannot be queried */
async function surveyOf({ cluster }: Config): Promise<ClusterSurvey | Error | undefined> {
  if (cluster === undefined) return undefined;
  // A standalone node does not load the package.
  const { surveyCluster } = await import('@causeway/cluster');
  return surveyCluster(cluster.redisUrl, cluster.clusterKey).catch((error: Error) => error);
}

async function clusterFindings(config: Config, survey: ClusterSurvey | Error | undefined): Promise<readonly Finding[]> {
  if (survey === undefined) return [];
  if (survey instanceof Error)
    return [problem('redis', `it cannot be asked: ${survey.message}`, `${OPTIONS.redisUrl.variable}=redis://user:password@host:6379`)];
  const own: OwnNode = {
    nodeNo: config.nodeNumber,
    apiUrl: config.internalUrl,
    isRedisOnThisMachine: isOnThisMachine(config.cluster?.redisUrl ?? ''),
  };
  return [...checkRedis(survey, own), ...(await checkNodes(survey, own))];
}

function isOnThisMachine(redisUrl: string): boolean {
  const hosts = redisUrl
    .replace(/^[^/]*\/\//, '')
    .replace(/^.*@/, '')
    .replace(/[/?].*$/, '')
    .split(',');
  return hosts.every((host) => host.startsWith('localhost') || isLoopback(host));
}

async function addressesOf(servers: From['stun']): Promise<readonly SocketAddress[]> {
  const found = await Promise.all(
    servers.map(async ({ host, port }) =>
      lookup(host).then(
        ({ address }) => [{ address, port }],
        (): SocketAddress[] => [],
      ),
    ),
  );
  return found.flat();
}

/** Creates a token that is valid for a minute, signed with the key that all nodes share. */
async function eventAccessOf({ apps, cluster, tokenKey }: Config): Promise<EventAccess | undefined> {
  const [app] = apps;
  if (app === undefined || (cluster === undefined && tokenKey === undefined)) return undefined;
  const secret =
    cluster === undefined
      ? createSecretKey(Buffer.from(tokenKey ?? '', 'utf8'))
      : (await import('@causeway/cluster')).deriveClusterKeys(cluster.clusterKey).tokens;
  const { token } = await new TokenDesk({ secret }).mint(app.id, { sub: 'doctor', act: ['list'], expiresIn: TOKEN_SECONDS });
  return { appId: app.id, credential: token };
}
