import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';

/**
 * One line on what the figures were measured on; they mean little on another machine, and less on a busy one: the load average
 * is that of the last minute, before the bench began.
 */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const memoryGib = (totalmem() / 2 ** 30).toFixed(0);
  const load = (loadavg()[0] ?? 0).toFixed(1);
  return `Node ${process.version}, ${availableParallelism()} cores of ${model}, ${memoryGib} GiB, ${type()} ${release()}, load average ${load}`;
}
