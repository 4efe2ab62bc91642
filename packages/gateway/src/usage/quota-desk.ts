/** Keeps apps within their quotas of a month: they are told before, then get no new subscriptions, and at last nothing is sent. */
import { addUsage, NO_USAGE, type QuotaLedger, type UsageBytes } from '@causeway/accounts';
import type { AppId, AppSettings } from '@causeway/protocol';
import type { AppUsage, QuotaState, Sfu } from '@causeway/sfu';

export interface QuotaDeskOptions {
  readonly ledger: QuotaLedger;
  readonly sfu: Pick<Sfu, 'setQuota'>;
  readonly life: { readonly nodeNo: number; readonly epoch: number };
  /** @returns undefined for an app that this node does not know */
  readonly settingsOf: (appId: AppId) => Promise<AppSettings | undefined>;
  /** Milliseconds since 1970, by the clock that months are billed by. */
  readonly billingNowMs: () => number;
  /** Milliseconds since any moment, never going back. */
  readonly nowMs: () => number;
  /** What was used in a month before this life of the node, if the ledger does not know it. */
  readonly usedBefore: (appId: AppId, month: string) => Promise<number>;
  /** An app has used so many percent; called once for each mark, on one node. */
  readonly onPassed: (appId: AppId, usedPercent: number) => void;
}

interface Standing {
  month: string;
  usedBytes: number;
  /** What it may use in all; undefined before the ledger has told, and without a quota. */
  grantedBytes: number | undefined;
  bytesPerMs: number;
  notedAtMs: number;
  state: QuotaState;
  /** When the quota was found to be used up. */
  exceededAtMs: number | undefined;
}

const BYTES_PER_GB = 1_000_000_000;
const MS_PER_SECOND = 1_000;
/** Slices small enough that many nodes can have one, and large enough that a node need not ask at every turn. */
const SLICE_SHARE = 0.01;
/** How often a node looks at most whether a slice is used up. */
const LEAST_WAIT_MS = 250;

export class QuotaDesk {
  readonly #options: QuotaDeskOptions;
  readonly #standings = new Map<AppId, Standing>();

  constructor(options: QuotaDeskOptions) {
    this.#options = options;
  }

  /**
   * Takes what apps have used since the last call, and draws for each that has a quota. Never rejects.
   *
   * @returns in how many milliseconds the next call is due, so that no app uses its slice up long before it is noticed
   */
  async note(usage: readonly AppUsage[]): Promise<number> {
    const nowMs = this.#options.nowMs();
    const month = new Date(this.#options.billingNowMs()).toISOString().slice(0, 'YYYY-MM'.length);
    const billed = new Map<AppId, UsageBytes>();
    for (const { appId, bytes } of usage) billed.set(appId, addUsage(billed.get(appId) ?? NO_USAGE, bytes));
    for (const appId of new Set([...billed.keys(), ...this.#standings.keys()])) {
      const { down, data } = billed.get(appId) ?? NO_USAGE;
      const standing = await this.#standingOf(appId, month);
      standing.usedBytes += down + data;
      standing.bytesPerMs = (down + data) / Math.max(1, nowMs - standing.notedAtMs);
      standing.notedAtMs = nowMs;
      // Without an answer the app goes on as it is: an outage of Redis must not end calls.
      await this.#draw(appId, standing).catch(() => undefined);
    }
    return Math.max(LEAST_WAIT_MS, Math.min(...Array.from(this.#standings.values(), lastsMs)));
  }

  /** Asked for when the app is first used, before any of that is in the books. Without an answer the quota is counted from now on. */
  async #standingOf(appId: AppId, month: string): Promise<Standing> {
    const known = this.#standings.get(appId);
    if (known?.month === month) return known;
    const usedBytes = await this.#options.usedBefore(appId, month).catch(() => 0);
    const standing: Standing = {
      month,
      usedBytes,
      grantedBytes: undefined,
      bytesPerMs: 0,
      notedAtMs: known?.notedAtMs ?? this.#options.nowMs(),
      state: known?.state ?? 'open',
      exceededAtMs: undefined,
    };
    this.#standings.set(appId, standing);
    return standing;
  }

  async #draw(appId: AppId, standing: Standing): Promise<void> {
    const { ledger, life, settingsOf, onPassed, billingNowMs } = this.#options;
    const { monthlyQuotaGb, quotaGraceSeconds = 0 } = (await settingsOf(appId)) ?? {};
    if (monthlyQuotaGb === undefined) {
      standing.grantedBytes = undefined;
      standing.exceededAtMs = undefined;
      this.#enter(appId, standing, 'open');
      return;
    }
    const quotaBytes = monthlyQuotaGb * BYTES_PER_GB;
    const { month, usedBytes } = standing;
    const { grantedBytes, passed } = await ledger.draw({ appId, life, month, quotaBytes, usedBytes, sliceBytes: quotaBytes * SLICE_SHARE });
    standing.grantedBytes = grantedBytes;
    for (const mark of passed) onPassed(appId, mark);
    if (usedBytes < grantedBytes) {
      standing.exceededAtMs = undefined;
      this.#enter(appId, standing, 'open');
      return;
    }
    standing.exceededAtMs ??= billingNowMs();
    const isGraceOver = billingNowMs() - standing.exceededAtMs >= quotaGraceSeconds * MS_PER_SECOND;
    this.#enter(appId, standing, isGraceOver ? 'paused' : 'closed');
  }

  #enter(appId: AppId, standing: Standing, state: QuotaState): void {
    if (standing.state === state) return;
    standing.state = state;
    this.#options.sfu.setQuota(appId, state);
  }
}

/** How long what it may use is sure to last if it goes on like this: half of what it would last. */
function lastsMs({ usedBytes, grantedBytes, bytesPerMs, state }: Standing): number {
  if (grantedBytes === undefined || state === 'paused' || bytesPerMs === 0) return Number.POSITIVE_INFINITY;
  return Math.max(0, grantedBytes - usedBytes) / bytesPerMs / 2;
}
