/** Asks the node why no media flows in a session, and formats its findings as text. */
import type { SfuApi } from '@causeway/client';
import type { DiagnosisFinding } from '@causeway/protocol';
import { errorText } from './error-text.ts';

/** The state of the diagnosis of one session. */
export type Diagnosis =
  | { readonly phase: 'asking' }
  | { readonly phase: 'told'; readonly findings: readonly DiagnosisFinding[] }
  | { readonly phase: 'failed'; readonly title: string };

/** @param api of the app that the page is connected to; undefined if there is none */
export async function diagnose(api: Pick<SfuApi, 'diagnoseSession'> | undefined, sessionId: string): Promise<Diagnosis> {
  try {
    if (api === undefined) throw new Error('Not connected to any app.');
    const { findings } = await api.diagnoseSession(sessionId);
    return { phase: 'told', findings };
  } catch (error) {
    return { phase: 'failed', title: errorText(error).title };
  }
}

/** Returns one line for each finding, or one that says that there is none. */
export function diagnosisLines(diagnosis: Diagnosis): readonly string[] {
  if (diagnosis.phase === 'asking') return ['Running the diagnosis…'];
  if (diagnosis.phase === 'failed') return [diagnosis.title];
  if (diagnosis.findings.length === 0) return ['No problems found in this session.'];
  return diagnosis.findings.map(({ mid, summary }) => (mid === undefined ? summary : `Line ${mid}: ${summary}`));
}
