/** How long to fuzz, as asked for on the command line. */
export interface FuzzPlan {
  readonly seed: number;
  /** The number of inputs in one round over all targets. */
  readonly inputsPerRound: number;
  /** Rounds go on for this long; one round if undefined. */
  readonly durationMs: number | undefined;
  /** Only what an input did makes the run fail; how long it took and what memory grew by depends on the machine, and is said. */
  readonly findingsOnly: boolean;
}

const DEFAULT_INPUTS = 2_000_000;
const DEFAULT_SEED = 1;
const INPUTS_PER_TIMED_ROUND = 500_000;

const FINDINGS_ONLY = '--findings-only';

/** @throws Error that says what was expected */
export function parseFuzzPlan(words: readonly string[]): FuzzPlan {
  const [amount = String(DEFAULT_INPUTS), seed = String(DEFAULT_SEED)] = words.filter((word) => word !== FINDINGS_ONLY);
  const match = /^(\d+)(s?)$/.exec(amount);
  if (match === null || !/^\d+$/.test(seed)) {
    throw new Error(`expected a number of inputs or of seconds (3600s), and perhaps a seed and ${FINDINGS_ONLY}, got "${amount} ${seed}"`);
  }
  const isTimed = match[2] === 's';
  return {
    seed: Number(seed),
    inputsPerRound: isTimed ? INPUTS_PER_TIMED_ROUND : Number(match[1]),
    durationMs: isTimed ? Number(match[1]) * 1000 : undefined,
    findingsOnly: words.includes(FINDINGS_ONLY),
  };
}
