/**
 * Limits what neighbours may say about link states, and counts what is refused. Each report that is accepted changes the map, and then the
 * routes of every track are compared again. A neighbour that floods costs only its own reports: a change that follows a refused one does
 * not fit the known revision, so the complete state is requested, once there is room again.
 */
import type { Clock } from '../../clock.ts';
import { MAX_KNOWN_STATES } from '../links/control-messages.ts';

/** Five hundred nodes each report round trips every ten seconds at most, and all of that may come from one neighbour. */
const REPORTS_PER_SECOND = 100;
/** A neighbour of version 1 sends its whole map when its link comes up, and then each change. */
const BURST_REPORTS = 2 * MAX_KNOWN_STATES;

/**
 * Why a report had no effect. `flood`: the neighbour sends too many. `withheld`: it is about a node that this one has a link with, and is
 * kept until that link fails. `table_full`: it is about one node more than a cluster can have.
 */
export type ReportRefusal = 'flood' | 'withheld' | 'table_full';

export class ReportBudget {
  /** Since the node began. */
  readonly refused: Record<ReportRefusal, number> = { flood: 0, withheld: 0, table_full: 0 };
  readonly #clock: Clock;
  readonly #left = new WeakMap<object, { reports: number; atMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * @param link the link to the neighbour
   * @returns false, and counts a refusal, if the neighbour has sent or requested too many
   */
  admit(link: object): boolean {
    const nowMs = this.#clock.nowMs();
    const left = this.#left.get(link) ?? { reports: BURST_REPORTS, atMs: nowMs };
    left.reports = Math.min(BURST_REPORTS, left.reports + ((nowMs - left.atMs) * REPORTS_PER_SECOND) / 1000);
    left.atMs = nowMs;
    this.#left.set(link, left);
    const isAdmitted = left.reports >= 1;
    if (isAdmitted) left.reports--;
    else this.refused.flood++;
    return isAdmitted;
  }
}
