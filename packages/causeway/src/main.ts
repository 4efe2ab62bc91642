#!/usr/bin/env node
/** The program `causeway`: one node, or some regions on this machine. */
import { createRequire } from 'node:module';

const USAGE = `causeway            runs one node
causeway cluster    runs some regions on this machine, which share a Redis; causeway cluster --help
causeway books backup FILE | restore FILE
                    copies what CAUSEWAY_BOOKS names to a file, or a file into empty books
causeway ledger verify FILE
                    checks an exported ledger of usage, without a node
causeway doctor [--from URL] [--json]
                    says what is wrong with this node's machine, network, Redis and books
causeway --version

`;
/** The exit code of a program that was called in a wrong way. */
const EXIT_CODE_MISCONFIGURED = 2;
const OLDEST_NODE_MAJOR = 24;

const [command, ...rest] = process.argv.slice(2);
// npm only warns of an older Node, which would fail far from here with an error that explains nothing.
if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE_MAJOR) {
  process.stderr.write(`causeway: Node ${OLDEST_NODE_MAJOR} or newer is needed, and this is Node ${process.versions.node}\n`);
  process.exitCode = EXIT_CODE_MISCONFIGURED;
} else if (command === 'cluster') {
  const { runCluster } = await import('./run-cluster.ts');
  // Whatever still waits for a node that will not come must not keep the program.
  process.exit(await runCluster(rest));
} else if (command === '--version') {
  const { version } = createRequire(import.meta.url)('../package.json') as { readonly version: string };
  process.stdout.write(`${version}\n`);
} else if (command === 'books' || command === 'ledger' || command === 'doctor') {
  await import('@causeway/gateway/daemon');
} else if (command === undefined || command === '--help' || command === '-h') {
  if (command !== undefined) process.stdout.write(USAGE);
  await import('@causeway/gateway/daemon');
} else {
  process.stderr.write(`causeway: there is no command "${command}"\n\n${USAGE}`);
  process.exitCode = EXIT_CODE_MISCONFIGURED;
}
