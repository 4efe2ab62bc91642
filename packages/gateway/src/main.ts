/** The daemon: one node of the SFU, configured by environment variables and a file. */
import { readFileSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { describeUsage } from './config/describe-options.ts';
import { loadConfig } from './config/load-config.ts';
import { ConfigError, StartError } from './config/start-error.ts';
import { guardProcess } from './daemon/process-guard.ts';
import { type Daemon, startDaemon } from './daemon/start-daemon.ts';
import { findDashboardFolder } from './dashboard/dashboard-router.ts';
import { createJsonLogger } from './logging/logger.ts';
import { DefectLog } from './monitoring/defect-log.ts';

/** The exit code for an invalid configuration, after which a service manager should not restart the daemon. */
const EXIT_CODE_MISCONFIGURED = 2;
/** Another process has this node's number. If both restarted by themselves, they would take it from each other forever. */
const EXIT_CODE_SUPERSEDED = 3;
/** The first signal drains the node, the second stops it; another one ends the process at once. */
const MAX_SIGNALS = 2;

async function main(): Promise<void> {
  const [argument] = process.argv.slice(2);
  if (argument === '--help' || argument === '-h') {
    process.stdout.write(describeUsage());
    return;
  }
  if (argument === 'ledger') {
    const { runLedgerCommand } = await import('./daemon/ledger-command.ts');
    process.stdout.write(await runLedgerCommand(process.argv.slice(3)));
    return;
  }
  if (argument !== undefined && argument !== 'books' && argument !== 'doctor')
    throw new ConfigError(`"${argument}" is not understood: a node is told by environment variables alone (--help lists them)`);
  const config = loadConfig({ environment: process.env, readFile: (path) => readFileSync(path, 'utf8') });
  if (argument === 'books') {
    const { runBooksCommand } = await import('./daemon/books-command.ts');
    process.stdout.write(await runBooksCommand(config, process.argv.slice(3)));
    return;
  }
  if (argument === 'doctor') {
    const { runDoctorCommand } = await import('./doctor/doctor-command.ts');
    const { text, exitCode } = await runDoctorCommand(config, process.argv.slice(3));
    process.stdout.write(text);
    process.exitCode = exitCode;
    return;
  }
  const logger = createJsonLogger(config.logLevel);
  const defects = new DefectLog(logger, () => performance.now());
  const starting = startDaemon(config, {
    logger,
    defects,
    dashboardFolder: findDashboardFolder(),
    print: (text) => process.stdout.write(text),
    onSuperseded: () => void starting.then((daemon) => daemon.stop()).then(() => process.exit(EXIT_CODE_SUPERSEDED), failLoudly),
  });
  stopOnSignals(starting);
  guardProcess(process, {
    defects,
    stop: () => starting.then((daemon) => daemon.stop()),
    exit: (code) => process.exit(code),
    later: (delayMs, callback) => void setTimeout(callback, delayMs),
  });
  await starting;
  // With `NODE_COMPILE_CACHE`, Node writes compiled code only at an orderly exit, which a killed node never has.
  flushCompileCache();
}

/**
 * SIGTERM drains the node; SIGINT or a second signal ends its sessions at once; a third one ends the process.
 */
function stopOnSignals(starting: Promise<Daemon>): void {
  let signals = 0;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      signals++;
      if (signals > MAX_SIGNALS) process.exit(1);
      const isPatient = signal === 'SIGTERM' && signals === 1;
      starting.then((daemon) => (isPatient ? daemon.drain() : daemon.stop())).then(() => process.exit(0), failLoudly);
    });
  }
}

function failLoudly(error: unknown): void {
  const isExplained = error instanceof ConfigError || error instanceof StartError;
  process.stderr.write(`causeway: ${isExplained ? error.message : error instanceof Error ? error.stack : error}\n`);
  process.exit(error instanceof ConfigError ? EXIT_CODE_MISCONFIGURED : 1);
}

main().catch(failLoudly);
