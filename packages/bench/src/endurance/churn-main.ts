/** `scripts/churn [sessions]` prints what thousands of sessions leave behind, and fails if that is too much. */
import { type ChurnReport, measureChurn } from './churn.ts';

const DEFAULT_SESSIONS = 5_000;
const SESSIONS_BEFORE = 500;
const MAX_GROWTH = 0.1;
/** The node closes connections that have been idle for 65 s. */
const CONNECTION_PATIENCE_MS = 70_000;
const BYTES_PER_MB = 1024 * 1024;

const sessions = Number(process.argv[2] ?? DEFAULT_SESSIONS);
if (!Number.isInteger(sessions) || sessions <= SESSIONS_BEFORE) {
  process.stderr.write(`scripts/churn [sessions], a whole number above ${SESSIONS_BEFORE}; ${DEFAULT_SESSIONS} unless given\n`);
  process.exit(2);
}
const startedMs = performance.now();
const report = await measureChurn({ sessions, sessionsBefore: SESSIONS_BEFORE, connectionPatienceMs: CONNECTION_PATIENCE_MS }, (progress) =>
  process.stderr.write(`${progress}\n`),
);
process.stdout.write(`${describe(report, (performance.now() - startedMs) / 1000)}\n`);
process.exitCode = growthOf(report) <= MAX_GROWTH && report.left.length === 0 ? 0 : 1;

function describe(report: ChurnReport, seconds: number): string {
  const { memoryBefore: before, memoryAfter: after } = report;
  const row = (name: string, from: number, to: number): string =>
    `${name.padEnd(24)}${inMb(from)} MB ->${inMb(to)} MB  ${(100 * (to / from - 1)).toFixed(1).padStart(6)} %`;
  return [
    `${report.sessionsCreated} sessions in ${seconds.toFixed(0)} s; memory after ${SESSIONS_BEFORE} and after all of them, forced collection`,
    row('JavaScript heap', before.heapBytes, after.heapBytes),
    row('external', before.externalBytes, after.externalBytes),
    row('heap and external', before.heapBytes + before.externalBytes, after.heapBytes + after.externalBytes),
    row('resident set', before.rssBytes, after.rssBytes),
    `live objects at the end: ${report.left.length === 0 ? 'none' : report.left.join(', ')}`,
    `handles before: ${JSON.stringify(report.handlesBefore)}, after: ${JSON.stringify(report.handlesAfter)}`,
  ].join('\n');
}

/** Returns the greater of both: garbage that was not collected shows in one, memory that is not returned to the system in the other. */
function growthOf({ memoryBefore: before, memoryAfter: after }: ChurnReport): number {
  const used = (after.heapBytes + after.externalBytes) / (before.heapBytes + before.externalBytes);
  return Math.max(used, after.rssBytes / before.rssBytes) - 1;
}

function inMb(bytes: number): string {
  return (bytes / BYTES_PER_MB).toFixed(1).padStart(8);
}
