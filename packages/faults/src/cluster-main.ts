/** `npm run cluster` runs several regions on one machine until it is stopped. */
import { CLUSTER_USAGE, type ClusterCommand, readClusterCommand } from './cluster/cluster-options.ts';
import { describeCluster } from './cluster/cluster-welcome.ts';
import { RunningCluster } from './cluster/running-cluster.ts';

/** The exit code for invalid arguments. */
const EXIT_CODE_MISCONFIGURED = 2;

async function runCluster({ impairment, app, ...command }: ClusterCommand): Promise<void> {
  const stopped = Promise.withResolvers<void>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopped.resolve());
  const cluster = await RunningCluster.start({
    ...command,
    ...(app === undefined ? {} : { app }),
    isImpairable: impairment !== undefined,
    onLine: (name, line) => process.stdout.write(`${name.padEnd(6)}| ${line}\n`),
  });
  if (impairment !== undefined) {
    for (const between of pairsBetweenRegions(cluster)) await cluster.network.ask('impairLinks', { impairment, between });
    await cluster.network.ask('impairApi', { impairment: { delayMs: impairment.delayMs ?? 0, state: 'open' } });
  }
  process.stdout.write(describeCluster(cluster));
  cluster.watchDeaths((what, isNodeLeft) => {
    process.stdout.write(`\n  ${what}${isNodeLeft ? '; the others go on' : ''}\n\n`);
    if (!isNodeLeft) stopped.reject(new Error('no node is left'));
  });
  try {
    await stopped.promise;
  } finally {
    await cluster.stop();
  }
}

function pairsBetweenRegions({ nodes }: RunningCluster): readonly [string, string][] {
  return nodes.flatMap(({ plan: one }, place) =>
    nodes.slice(place + 1).flatMap(({ plan: other }): [string, string][] => (one.region === other.region ? [] : [[one.name, other.name]])),
  );
}

function commandOrExit(): ClusterCommand {
  try {
    return readClusterCommand(process.argv.slice(2), process.env);
  } catch (error) {
    process.stderr.write(`cluster: ${error instanceof Error ? error.message : String(error)}\n\n${CLUSTER_USAGE}`);
    process.exit(EXIT_CODE_MISCONFIGURED);
  }
}

const command = commandOrExit();
if (command.isHelpWanted) process.stdout.write(CLUSTER_USAGE);
else {
  await runCluster(command).then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`cluster: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exit(1);
    },
  );
}
