/** Keeps apps within their monthly quotas: they are warned, then refused new subscriptions, and finally nothing is sent. */
import { addUsage, NO_USAGE, type QuotaLedger, type UsageBytes } from '@causeway/accounts';
import type { AppId, AppSettings } from '@causeway/protocol';
import type { AppUsage, QuotaState, Sfu } from '@causeway/sfu';

export interface QuotaDeskOptions {
  readonly ledger: QuotaLedger;
  readonly sfu: Pick<Sfu, 'setQuota'>;
  readonly life: { readonly nodeNo: number; readonly epoch: number };
  /** @returns undefined for an unknown app */
  readonly settingsOf: (appId: AppId) => Promise<AppSettings | undefined>;
  /** Milliseconds since 1970, on the clock by which months are billed. */
  readonly billingNowMs: () => number;
  /** Monotonic time in milliseconds. */
  readonly nowMs: () => number;
  /** Returns what was used in a month before this life of the node, if the ledger does not know it. */
  readonly usedBefore: (appId: AppId, month: string) => Promise<number>;
  /** An app has used this percentage; called once for each threshold, on one node. */
  readonly onPassed: (appId: AppId, usedPercent: number) => void;
}

interface Standing {
  month: string;
  usedBytes: number;
  /** The total that it may use; undefined until the ledger has answered, and without a quota. */
  grantedBytes: number | undefined;
  bytesPerMs: number;
  notedAtMs: number;
  state: QuotaState;
  /** When the quota was found to be exhausted. */
  exceededAtMs: number | undefined;
}

const BYTES_PER_GB = 1_000_000_000;
const MS_PER_SECOND = 1_000;
/** Small enough that many nodes can each get a slice, and large enough that a node need not ask in every round. */
const SLICE_SHARE = 0.01;
/** The shortest interval at which a node checks whether a slice is exhausted. */
const LEAST_WAIT_MS = 250;

export class QuotaDesk {
  readonly #options: QuotaDeskOptions;
  readonly #standings = new Map<AppId, Standing>();

  constructor(options: QuotaDeskOptions) {
    this.#options = options;
  }

  /**
   * Adds what apps have used since the last call, and draws slices for those with a quota. Never rejects.
   *
   * @returns the number of milliseconds until the next call is due, so that no app exhausts its slice long before it is
   * noticed
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
      // Without an answer, the state of the app does not change: an outage of Redis must not end calls.
      await this.#draw(appId, standing).catch(() => undefined);
    }
    return Math.max(LEAST_WAIT_MS, Math.min(...Array.from(this.#standings.values(), lastsMs)));
  }

  /**
   * Looks up earlier usage when an app is first used, before any of the new usage is in the books. Without an answer,
   * the quota counts from now on.
   */
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

/** Returns how long an app can continue before the next check: half of the time in which it would exhaust its slice at the present rate. */
function lastsMs({ usedBytes, grantedBytes, bytesPerMs, state }: Standing): number {
  if (grantedBytes === undefined || state === 'paused' || bytesPerMs === 0) return Number.POSITIVE_INFINITY;
  return Math.max(0, grantedBytes - usedBytes) / bytesPerMs / 2;
}
