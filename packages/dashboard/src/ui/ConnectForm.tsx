import { type ComponentProps, type FormEvent, useEffect, useRef, useState } from 'react';
import type { Credentials } from '../console/credentials.ts';
import { errorText } from '../console/error-text.ts';
import { useConsole } from './console-context.ts';
import { Mark } from './Icon.tsx';

interface ConnectFormProps {
  readonly prefilled: Partial<Credentials>;
  readonly failure: Error | undefined;
  readonly isBusy: boolean;
}

/** The form for app id and secret. */
export function ConnectForm({ prefilled, failure, isBusy }: ConnectFormProps) {
  const { link } = useConsole();
  const [appId, setAppId] = useState(prefilled.appId ?? '');
  const [secret, setSecret] = useState(prefilled.secret ?? '');
  const [displayName, setDisplayName] = useState('');
  const form = useRef<HTMLFormElement>(null);

  // Focuses the first empty field, or the button if there is none.
  useEffect(() => {
    const first = form.current?.querySelector<HTMLElement>('input[required]:invalid') ?? form.current?.querySelector('button');
    first?.focus();
  }, []);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    void link.connect({ credentials: { appId: appId.trim(), secret: secret.trim() }, displayName: displayName.trim() });
  };

  return (
    <main className="connect">
      <form ref={form} onSubmit={submit}>
        <h1>
          <Mark />
          Causeway
        </h1>
        <p className="lead">
          Publish, watch and measure on <strong>{window.location.host}</strong>
        </p>
        <Field label="App ID" value={appId} onChange={setAppId} required className="mono" />
        <Field label="Secret" remark="or a token" value={secret} onChange={setSecret} required type="password" className="mono" />
        <Field label="Name" remark="shown to others, optional" value={displayName} onChange={setDisplayName} maxLength={80} />
        <button type="submit" className="button primary wide" disabled={isBusy}>
          {isBusy ? 'Connecting…' : 'Connect'}
        </button>
        <Failure failure={failure} />
      </form>
      <p className="foot">This page exchanges the secret for a token that expires after a day, and keeps the token only in this tab.</p>
    </main>
  );
}

interface FieldProps extends Omit<ComponentProps<'input'>, 'onChange' | 'value'> {
  readonly label: string;
  readonly remark?: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Field({ label, remark, onChange, ...input }: FieldProps) {
  return (
    <label>
      <span>
        {label} {remark !== undefined && <span className="optional">{remark}</span>}
      </span>
      <input autoComplete="off" spellCheck={false} onChange={(event) => onChange(event.target.value)} {...input} />
    </label>
  );
}

function Failure({ failure }: { readonly failure: Error | undefined }) {
  const text = failure === undefined ? undefined : errorText(failure);
  return (
    <div className="connect-failure" role="alert">
      {text !== undefined && (
        <>
          <strong>{text.title}</strong>
          {text.detail !== '' && <span>{text.detail}</span>}
        </>
      )}
    </div>
  );
}
