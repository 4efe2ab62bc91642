/** Runs Jest in a sandbox, in a process group of its own that can be ended with everything it has started. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface JestRun {
  readonly result: 'passed' | 'failed' | 'timed-out';
  readonly files: readonly TestFileResult[];
}

export interface TestFileResult {
  /** Absolute, in the sandbox. */
  readonly testFile: string;
  readonly hasPassed: boolean;
  readonly durationMs: number;
}

export interface JestRunOptions {
  /** Absolute paths of test files, or folders of them, in the order in which they are to run. */
  readonly tests: readonly string[];
  readonly timeoutMs: number;
  /** Whether the first test file that fails ends the run. */
  readonly stopAtFailure: boolean;
  /** Where test files write what they reach. */
  readonly reachFolder?: string;
}

/** What `jest --json` writes, as far as it is read. */
interface JestReport {
  readonly testResults: readonly { readonly name: string; readonly status: string; readonly startTime: number; readonly endTime: number }[];
}

export async function runJest(sandbox: string, { tests, timeoutMs, stopAtFailure, reachFolder }: JestRunOptions): Promise<JestRun> {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-jest-'));
  const reportFile = join(folder, 'report.json');
  const jestArguments = [
    ...['--config', 'scripts/mutation/jest.config.mjs', '--ci', '--silent', '--json', '--outputFile', reportFile],
    ...['--testTimeout', '120000', ...(stopAtFailure ? ['--bail', '--runInBand'] : ['--maxWorkers', '2'])],
    ...(tests.every((path) => path.endsWith('.test.ts')) ? ['--runTestsByPath'] : []),
    ...tests,
  ];
  const child = spawn(
    process.execPath,
    // A mutant may well fill the memory.
    ['--experimental-vm-modules', '--max-old-space-size=2048', 'node_modules/jest/bin/jest.js', ...jestArguments],
    {
      cwd: sandbox,
      detached: true,
      stdio: 'ignore',
      env: {
        ...process.env,
        CAUSEWAY_TEST_ORDER: tests.join('\n'),
        ...(reachFolder !== undefined && { CAUSEWAY_REACH_FOLDER: reachFolder }),
      },
    },
  );
  const end = () => endGroup(child.pid);
  process.on('exit', end);
  try {
    const timeout = Promise.withResolvers<'timed-out'>();
    const timer = setTimeout(() => timeout.resolve('timed-out'), timeoutMs);
    const exit = new Promise<'passed' | 'failed'>((resolve) => child.once('close', (code) => resolve(code === 0 ? 'passed' : 'failed')));
    const result = await Promise.race([exit, timeout.promise]);
    clearTimeout(timer);
    return { result, files: result === 'timed-out' ? [] : readReport(reportFile) };
  } finally {
    end();
    process.off('exit', end);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A run that ran out of memory leaves none. */
function readReport(file: string): TestFileResult[] {
  if (!existsSync(file)) return [];
  const { testResults }: JestReport = JSON.parse(readFileSync(file, 'utf8'));
  return testResults.map(({ name, status, startTime, endTime }) => ({
    testFile: name,
    hasPassed: status === 'passed',
    durationMs: endTime - startTime,
  }));
}

/** Test files start programs, too, Redis among them. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of them have ended already.
  }
}
