/** The daemon: one node of the SFU, configured by environment variables and a file. */
import { readFileSync } from 'node:fs';
import { ConfigError } from './config/config-error.ts';
import { describeUsage } from './config/describe-options.ts';
import { loadConfig } from './config/load-config.ts';
import { startDaemon } from './daemon/start-daemon.ts';
import { findDashboardFolder } from './dashboard/dashboard-folder.ts';
import { createJsonLogger } from './logging/json-logger.ts';

/** The exit code of a program that was called in a wrong way; service managers need not try again. */
const EXIT_CODE_MISCONFIGURED = 2;

async function main(): Promise<void> {
  const [argument] = process.argv.slice(2);
  if (argument === '--help' || argument === '-h') {
    process.stdout.write(describeUsage());
    return;
  }
  if (argument !== undefined)
    throw new ConfigError(`"${argument}" is not understood: there are no arguments, only environment variables (--help lists them)`);
  const config = loadConfig({ environment: process.env, readFile: (path) => readFileSync(path, 'utf8') });
  const starting = startDaemon(config, {
    logger: createJsonLogger(config.logLevel),
    dashboardFolder: findDashboardFolder(),
    print: (text) => process.stdout.write(text),
  });
  stopOnSignal(async () => (await starting).stop());
  await starting;
}

/** The first signal asks to stop in good order, the second means now. */
function stopOnSignal(stop: () => Promise<void>): void {
  let isStopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (isStopping) process.exit(1);
      isStopping = true;
      stop().then(() => process.exit(0), failLoudly);
    });
  }
}

function failLoudly(error: unknown): void {
  process.stderr.write(
    error instanceof ConfigError ? `causeway: ${error.message}\n` : `causeway: ${error instanceof Error ? error.stack : error}\n`,
  );
  process.exit(error instanceof ConfigError ? EXIT_CODE_MISCONFIGURED : 1);
}

main().catch(failLoudly);
