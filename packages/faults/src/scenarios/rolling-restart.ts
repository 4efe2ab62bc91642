import { setTimeout as sleep } from 'node:timers/promises';
import { Call } from './call.ts';
import { atMost, exactly, type Finding } from './finding.ts';
import { type Lab, timeUntil } from './lab.ts';
import type { Scenario } from './scenario.ts';

const DRAIN_SECONDS = 6;
const REGIONS = ['eu', 'us', 'ap'] as const;
type RegionName = (typeof REGIONS)[number];
/** Every region publishes to the next. */
const PAIRS: readonly (readonly [RegionName, RegionName])[] = [
  ['eu', 'us'],
  ['us', 'ap'],
  ['ap', 'eu'],
];
const READY_WITHIN_MS = 6_000;
const CALL_EVERY_MS = 100;

/** All nodes are replaced, one after another, while calls run. */
export const rollingRestart: Scenario = {
  name: 'rolling-restart',
  covers: ['F19', 'Show: rolling restart of all three nodes under 30 calls'],
  title: 'A rolling restart of all three nodes under 30 calls',
  needs: { environment: { CAUSEWAY_DRAIN_SECONDS: String(DRAIN_SECONDS) } },
  async run(lab, thoroughness) {
    const callsPerPair = thoroughness === 'whole' ? 10 : 3;
    const calls = await openCalls(lab, PAIRS, callsPerPair, 'first');
    const findings: Finding[] = [];
    for (const region of REGIONS) {
      lab.note(`restarting ${region}`);
      findings.push(...(await restart(lab, region, calls)));
      const touched = PAIRS.filter((pair) => pair.includes(region));
      for (const pair of touched) calls.set(String(pair), []);
      for (const [pair, reopened] of await openCalls(lab, touched, callsPerPair, `after-${region}`)) calls.set(pair, reopened);
    }
    return findings;
  },
};

type CallsByPair = Map<string, Call[]>;

async function openCalls(lab: Lab, pairs: typeof PAIRS, count: number, name: string): Promise<CallsByPair> {
  const calls: CallsByPair = new Map();
  for (const [from, to] of pairs) {
    const open = (index: number): Promise<Call> =>
      Call.open(lab, { name: `${name}-${from}-${index}`, from, to: { [to]: 1 }, packetsPerSecond: 30, packetBytes: 300 });
    calls.set(String([from, to]), await Promise.all(Array.from({ length: count }, (_, index) => open(index))));
  }
  return calls;
}

async function restart(lab: Lab, region: RegionName, calls: CallsByPair): Promise<Finding[]> {
  const node = lab.cluster.node(region);
  const untouched = PAIRS.filter((pair) => !pair.includes(region)).flatMap((pair) => calls.get(String(pair)) ?? []);
  const leaving = PAIRS.filter((pair) => pair.includes(region)).flatMap((pair) => calls.get(String(pair)) ?? []);
  for (const call of [...untouched, ...leaving]) await call.beginWindow();
  const asking = askWhile(lab, untouched, region);

  const startedAtMs = performance.now();
  node.child.signal('SIGTERM');
  await sleep(1_000);
  const refused = await lab.sources
    .ask('publish', { group: 'late', address: lab.address(region), options: { packetsPerSecond: 10, packetBytes: 200 } })
    .then(
      ({ remoteSessionId }) =>
        remoteSessionId.startsWith(`session-${node.plan.nodeNo}-`) ? 'taken by the node that leaves' : 'taken by another',
      (error: Error) => (/was answered 50[23]/.test(error.message) ? 'refused' : error.message),
    );
  await sleep(1_000);
  const duringDrain = await lost(leaving);
  await node.child.ended;
  const drainedMs = performance.now() - startedAtMs;
  const exitCode = String(node.child.ending);
  await node.start();
  const readyMs = performance.now() - startedAtMs - drainedMs;
  await timeUntil(() => asking.asked > 20, 3_000);
  const { failures, asked } = await asking.stop();
  return [
    exactly(
      `${region}: API calls for sessions elsewhere, and for new ones, that failed, of ${asked}`,
      failures.length === 0 ? 0 : `${failures.length}: ${failures[0]}`,
      0,
    ),
    exactly(`${region}: packets lost by ${untouched.length} calls between the others`, await lost(untouched), 0),
    exactly(`${region}: packets lost by ${leaving.length} calls of its own in the first 2 s of the drain`, duringDrain, 0),
    exactly(`${region}: a new session meanwhile is`, refused === 'taken by another' ? 'refused' : refused, 'refused'),
    atMost(`${region}: until it ended`, drainedMs, 1_000 * DRAIN_SECONDS + 4_000, ' ms'),
    exactly(`${region}: exit code`, exitCode, '0'),
    atMost(`${region}: until the new one was ready`, readyMs, READY_WITHIN_MS, ' ms'),
  ];
}

async function lost(calls: readonly Call[]): Promise<number> {
  const reports = await Promise.all(calls.map((call) => call.report()));
  return reports.flatMap((report) => Object.values(report)).reduce((sum, report) => sum + report.lost, 0);
}

interface Asking {
  readonly asked: number;
  stop(): Promise<{ readonly asked: number; readonly failures: readonly string[] }>;
}

/** Makes calls for sessions on other nodes and for new ones, through the nodes that are not being replaced. */
function askWhile(lab: Lab, calls: readonly Call[], replaced: RegionName): Asking {
  const failures: string[] = [];
  const entrances = REGIONS.filter((region) => region !== replaced);
  let asked = 0;
  let isOn = true;
  const ask = async (region: RegionName, [method, path, body]: ApiCall): Promise<unknown> => {
    asked++;
    const reply = await lab.api(region).call(method, path, body);
    if (reply.status !== 200)
      failures.push(`${method} ${path} by ${region} was answered ${reply.status}: ${JSON.stringify(reply.body).slice(0, 300)}`);
    return reply.body;
  };
  const run = async (): Promise<void> => {
    const sdp = await lab.sources.ask('offer');
    for (let turn = 0; isOn; turn++) {
      const region = entrances[turn % entrances.length] ?? 'eu';
      const sessionId = calls[turn % Math.max(1, calls.length)]?.track.remoteSessionId;
      await ask(region, ['GET', `/session/${sessionId}/tracks`]);
      await ask(region, ['PATCH', `/session/${sessionId}`, { metadata: `turn ${turn}` }]);
      const opened = await ask(region, ['POST', '/session/new', { sessionDescription: { type: 'offer', sdp } }]);
      const { sessionId: openedId } = (opened ?? {}) as { readonly sessionId?: string };
      if (openedId !== undefined) await ask(region, ['DELETE', `/session/${openedId}`]);
      await sleep(CALL_EVERY_MS);
    }
  };
  const running = run();
  return {
    get asked() {
      return asked;
    },
    stop: async () => {
      isOn = false;
      await running;
      return { asked, failures };
    },
  };
}

type ApiCall = readonly [method: 'DELETE' | 'GET' | 'PATCH' | 'POST', path: string, body?: unknown];
