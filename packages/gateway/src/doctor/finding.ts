/** What the doctor has found, one line for each thing that it looks at. */

/** `warning`: it works, and will not for long or not for everyone. `skipped`: it could not be looked at. */
export type Verdict = 'ok' | 'warning' | 'problem' | 'skipped';

export interface Finding {
  /** Which check it is of: `redis persistence`. */
  readonly check: string;
  readonly verdict: Verdict;
  readonly fact: string;
  /** The command or setting that mends it. */
  readonly mend?: string;
}

export function ok(check: string, fact: string): Finding {
  return { check, verdict: 'ok', fact };
}

export function warning(check: string, fact: string, mend: string): Finding {
  return { check, verdict: 'warning', fact, mend };
}

export function problem(check: string, fact: string, mend: string): Finding {
  return { check, verdict: 'problem', fact, mend };
}

/** @param fact why it could not be looked at @param mend what it takes */
export function skipped(check: string, fact: string, mend: string): Finding {
  return { check, verdict: 'skipped', fact, mend };
}

/** For people: the fact and the verdict in a line, and below it what mends it. */
export function describeFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.flatMap(({ check, verdict, fact, mend }) => [
    `${verdict.padEnd('warning'.length)}  ${check.padEnd(width)}  ${fact}`,
    ...(mend === undefined ? [] : [`${' '.repeat('warning'.length + 2 + width + 2)}${mend}`]),
  ]);
  const count = (wanted: Verdict): number => findings.filter(({ verdict }) => verdict === wanted).length;
  return `${lines.join('\n')}\n\nproblems: ${count('problem')}, warnings: ${count('warning')}, skipped: ${count('skipped')}\n`;
}
