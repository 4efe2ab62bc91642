/** The daemon: one node of the SFU, configured by environment variables and a file. */
import { readFileSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { describeCommand, describeUsage, isCommand } from './config/command-usage.ts';
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
  const [argument, ...rest] = process.argv.slice(2);
  const usage = usageOf(argument, rest);
  if (usage !== undefined) {
    process.stdout.write(usage);
    return;
  }
  if (argument === 'ledger') {
    const { runLedgerCommand } = await import('./daemon/ledger-command.ts');
    process.stdout.write(await runLedgerCommand(rest));
    return;
  }
  if (argument !== undefined && !isCommand(argument))
    throw new ConfigError(`there is no command or option "${argument}"; --help lists them`);
  const config = loadConfig({ environment: process.env, readFile: (path) => readFileSync(path, 'utf8') });
  if (argument === 'books') {
    const { runBooksCommand } = await import('./daemon/books-command.ts');
    process.stdout.write(await runBooksCommand(config, rest));
    return;
  }
  if (argument === 'doctor') {
    const { runDoctorCommand } = await import('./doctor/doctor-command.ts');
    const { text, exitCode } = await runDoctorCommand(config, rest);
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

/** @returns undefined if no help was asked for */
function usageOf(argument: string | undefined, rest: readonly string[]): string | undefined {
  if (isHelp(argument)) return describeUsage();
  return argument !== undefined && rest.some(isHelp) ? describeCommand(argument) : undefined;
}

function isHelp(argument: string | undefined): boolean {
  return argument === '--help' || argument === '-h';
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
