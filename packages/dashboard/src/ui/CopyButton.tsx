import { useEffect, useState } from 'react';
import { Icon } from './Icon.tsx';

interface CopyButtonProps {
  readonly text: string;
  /** The name of the copied text, for screen readers and for the label of a large button. */
  readonly what: string;
  readonly isLarge?: boolean;
}

const SHOWN_MS = 1_600;

type Outcome = 'none' | 'copied' | 'failed';

export function CopyButton({ text, what, isLarge = false }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<Outcome>('none');

  useEffect(() => {
    if (outcome === 'none') return;
    const timer = setTimeout(() => setOutcome('none'), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [outcome]);

  const copy = async () => setOutcome((await copyText(text)) ? 'copied' : 'failed');
  const label = outcome === 'copied' ? 'Copied' : outcome === 'failed' ? 'Copy failed' : `Copy ${what}`;
  return (
    <button type="button" className={isLarge ? 'button' : 'icon-button'} title={label} onClick={() => void copy()}>
      <Icon name={outcome === 'copied' ? 'check' : 'copy'} />
      <span className={isLarge ? 'copy-label' : 'sr-only'} aria-live="polite">
        {label}
      </span>
    </button>
  );
}

/** Browsers have no clipboard interface on plain http; the old command works there. */
async function copyText(text: string): Promise<boolean> {
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (clipboard !== undefined) {
    return clipboard.writeText(text).then(
      () => true,
      () => copyBySelection(text),
    );
  }
  return copyBySelection(text);
}

function copyBySelection(text: string): boolean {
  const field = document.createElement('textarea');
  field.value = text;
  field.className = 'sr-only';
  // A modal dialog makes everything outside of it inert, selection included.
  (document.querySelector('dialog[open]') ?? document.body).append(field);
  field.select();
  const isCopied = document.execCommand('copy');
  field.remove();
  return isCopied;
}
