/** The results of the doctor's checks, and their formatting. */

/** `warning` means that it works, but not for everyone or not for long; `skipped` means that it could not be checked. */
export type Verdict = 'ok' | 'warning' | 'problem' | 'skipped';

export interface Finding {
  /** The name of the check, for example `redis persistence`. */
  readonly check: string;
  readonly verdict: Verdict;
  readonly fact: string;
  /** The command or setting that fixes it. */
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

/** @param fact why it could not be checked @param mend what makes the check possible */
export function skipped(check: string, fact: string, mend: string): Finding {
  return { check, verdict: 'skipped', fact, mend };
}

/** Formats findings as text: the verdict and the fact in one line, and below them the fix. */
export function describeFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.flatMap(({ check, verdict, fact, mend }) => [
    `${verdict.padEnd('warning'.length)}  ${check.padEnd(width)}  ${fact}`,
    ...(mend === undefined ? [] : [`${' '.repeat('warning'.length + 2 + width + 2)}${mend}`]),
  ]);
  const count = (wanted: Verdict): number => findings.filter(({ verdict }) => verdict === wanted).length;
  return `${lines.join('\n')}\n\nproblems: ${count('problem')}, warnings: ${count('warning')}, skipped: ${count('skipped')}\n`;
}
