import { useId, useState } from 'react';
import { type Diagnosis, diagnose, diagnosisLines } from '../console/diagnosing.ts';
import { useConsole } from './console-context.ts';

interface SessionDiagnosisProps {
  readonly sessionId: string;
  /** As the list calls the session. */
  readonly name: string;
}

/** A button that asks why no media flows, and below it the answer. Closing and opening it asks again. */
export function SessionDiagnosis({ sessionId, name }: SessionDiagnosisProps) {
  const { link } = useConsole();
  const [diagnosis, setDiagnosis] = useState<Diagnosis>();
  const answerId = useId();
  const isOpen = diagnosis !== undefined;

  const toggle = async () => {
    if (isOpen) return setDiagnosis(undefined);
    setDiagnosis({ phase: 'asking' });
    const told = await diagnose(link.api(), sessionId);
    // The reader may have closed it while the node was asked.
    setDiagnosis((current) => (current === undefined ? undefined : told));
  };

  return (
    <div className="session-diagnosis">
      <button type="button" className="text-button" aria-expanded={isOpen} aria-controls={answerId} onClick={() => void toggle()}>
        {isOpen ? 'Hide diagnosis' : 'Diagnose'}
        <span className="sr-only"> {name}</span>
      </button>
      <ul id={answerId} aria-live="polite" hidden={!isOpen}>
        {diagnosis !== undefined && diagnosisLines(diagnosis).map((line) => <li key={line}>{line}</li>)}
      </ul>
    </div>
  );
}
