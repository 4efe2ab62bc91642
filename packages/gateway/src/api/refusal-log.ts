/** Remembers for a while which calls about a session were refused, so that its diagnosis can mention them. */
import { REFUSALS_OF_STRANGERS } from '@causeway/accounts';
import { type DiagnoseReply, type ErrorCode, SfuError } from '@causeway/protocol';

interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly atMs: number;
}

/** Codes that mean that the caller may not do something, in contrast to an invalid call. */
const CODES: readonly ErrorCode[] = ['token_expired', 'unauthorized', 'forbidden', 'quota_exceeded'];
/** After this time, a refused client has either retried or given up. */
const KEPT_MS = 120_000;
/** An entry takes about 300 bytes. */
const MAX_SESSIONS = 1_000;
const MS_PER_SECOND = 1_000;

export class RefusalLog {
  readonly #nowMs: () => number;
  /** The last refusal for each session, oldest first. */
  readonly #refusals = new Map<string, Refusal>();

  /** @param nowMs monotonic time in milliseconds */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Records the error of a call. Attempts without a valid credential are not recorded, because anyone could forge a diagnosis that way. */
  note(appId: string, sessionId: string, error: unknown): void {
    if (sessionId === '' || !(error instanceof SfuError) || !CODES.includes(error.code) || REFUSALS_OF_STRANGERS.has(error.message)) return;
    const name = nameOf(appId, sessionId);
    this.#refusals.delete(name);
    this.#refusals.set(name, { code: error.code, message: error.message, atMs: this.#nowMs() });
    const [oldest] = this.#refusals.keys();
    if (this.#refusals.size > MAX_SESSIONS && oldest !== undefined) this.#refusals.delete(oldest);
  }

  /** Adds recent refusals before all other findings, which may be their consequences. */
  addTo(diagnosis: DiagnoseReply): DiagnoseReply {
    const { code, message, atMs } = this.#refusals.get(nameOf(diagnosis.sfuAppId, diagnosis.sessionId)) ?? {};
    if (code === undefined || atMs === undefined || diagnosis.connectionState === 'closed') return diagnosis;
    const agoMs = this.#nowMs() - atMs;
    if (agoMs > KEPT_MS) return diagnosis;
    const summary = `A call about this session was refused ${Math.round(agoMs / MS_PER_SECOND)} s ago, as ${code}: ${message}.`;
    return { ...diagnosis, findings: [{ code: 'call_refused', severity: 'problem', summary }, ...diagnosis.findings] };
  }
}

function nameOf(appId: string, sessionId: string): string {
  return `${appId} ${sessionId}`;
}
