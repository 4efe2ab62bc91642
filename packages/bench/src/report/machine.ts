import { availableParallelism, cpus, release, totalmem, type } from 'node:os';

/** One line on what the figures were measured on; they mean little on another machine. */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const memoryGib = (totalmem() / 2 ** 30).toFixed(0);
  return `Node ${process.version}, ${availableParallelism()} cores of ${model}, ${memoryGib} GiB, ${type()} ${release()}`;
}
