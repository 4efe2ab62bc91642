/** A text that the node will not show again, with instructions. */
import type { ReactNode } from 'react';
import { CopyButton } from '../ui/CopyButton.tsx';
import { Button } from './controls.tsx';

export interface ShownOnceProps {
  readonly text: string;
  /** What the text is, for the label of the button that copies it. */
  readonly what: string;
  /** What to do with the text. */
  readonly children: ReactNode;
  readonly close: () => void;
}

export function ShownOnce({ text, what, children, close }: ShownOnceProps) {
  return (
    <>
      <p>{children}</p>
      <p className="id-row">
        <code>{text}</code> <CopyButton text={text} what={what} />
      </p>
      <div className="actions">
        <Button look="primary" autoFocus onPress={close}>
          Done
        </Button>
      </div>
    </>
  );
}
