import { type FormEvent, type ReactNode, useState } from 'react';
import { Button, Failure } from './controls.tsx';

interface ActionFormProps {
  /** The label of the button that submits the form. */
  readonly action: string;
  readonly look?: 'primary' | 'danger';
  readonly children: ReactNode;
  /** If it rejects, the error is shown below the fields. */
  readonly onSubmit: (fields: Readonly<Record<string, string>>) => Promise<unknown>;
  readonly onCancel?: () => void;
}

/** A form with one action, which shows why the action failed. */
export function ActionForm({ action, look = 'primary', children, onSubmit, onCancel }: ActionFormProps) {
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = Object.fromEntries([...new FormData(event.currentTarget)].map(([name, value]) => [name, String(value)]));
    setBusy(true);
    setError(undefined);
    try {
      await onSubmit(fields);
    } catch (failure) {
      setError(failure);
    }
    setBusy(false);
  };
  return (
    <form className="narrow" onSubmit={(event) => void submit(event)}>
      {children}
      <Failure error={error} />
      <div className="actions start">
        {onCancel !== undefined && <Button onPress={onCancel}>Cancel</Button>}
        <Button type="submit" look={look} isDisabled={isBusy}>
          {action}
        </Button>
      </div>
    </form>
  );
}
