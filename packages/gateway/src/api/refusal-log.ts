/** Remembers for a while which calls about a session were refused, so that its diagnosis can say so. */
import { UNKNOWN_CREDENTIAL } from '@causeway/accounts';
import { type DiagnoseReply, type ErrorCode, SfuError } from '@causeway/protocol';

interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly atMs: number;
}

/** What a caller may not do, in contrast to what it did wrong. */
const CODES: readonly ErrorCode[] = ['token_expired', 'unauthorized', 'forbidden', 'quota_exceeded'];
/** A client that was refused has tried again by then, or has given up. */
const KEPT_MS = 120_000;
/** An entry takes some 300 bytes. */
const MAX_SESSIONS = 1_000;
const MS_PER_SECOND = 1_000;

export class RefusalLog {
  readonly #nowMs: () => number;
  /** The last refusal for each session, in the order in which they came. */
  readonly #refusals = new Map<string, Refusal>();

  /** @param nowMs milliseconds since any moment, never going back */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Takes whatever a call has failed with. What strangers try is not kept: anyone could make up a diagnosis by it. */
  note(appId: string, sessionId: string, error: unknown): void {
    if (sessionId === '' || !(error instanceof SfuError) || !CODES.includes(error.code) || error.message === UNKNOWN_CREDENTIAL) return;
    const name = nameOf(appId, sessionId);
    this.#refusals.delete(name);
    this.#refusals.set(name, { code: error.code, message: error.message, atMs: this.#nowMs() });
    const [oldest] = this.#refusals.keys();
    if (this.#refusals.size > MAX_SESSIONS && oldest !== undefined) this.#refusals.delete(oldest);
  }

  /** Adds what was refused lately, before everything else that is the matter: the rest may be a consequence. */
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
