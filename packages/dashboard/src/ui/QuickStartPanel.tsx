import { type ReactNode, useEffect, useRef, useState } from 'react';
import { type QuickStartValues, quickStart } from '../console/quick-start.ts';
import { CopyButton } from './CopyButton.tsx';
import { Icon } from './Icon.tsx';

interface QuickStartPanelProps {
  readonly values: QuickStartValues;
  readonly onClose: () => void;
}

const MASK = '•'.repeat(12);

/** The API reference's Quick Start, ready to run against this node. */
export function QuickStartPanel({ values, onClose }: QuickStartPanelProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [isSecretShown, setSecretShown] = useState(false);
  const shownSecret = isSecretShown ? values.secret : MASK;

  useEffect(() => dialog.current?.showModal(), []);

  return (
    <dialog ref={dialog} className="quick-start" aria-labelledby="quick-start-title" onClose={onClose}>
      <header className="panel-head">
        <h2 id="quick-start-title">Quick start</h2>
        <button type="button" className="icon-button" onClick={() => dialog.current?.close()}>
          <Icon name="close" />
          <span className="sr-only">Close</span>
        </button>
      </header>
      <p className="lead">
        Publishes your camera and plays it back through this node, using only <code>fetch</code> and <code>RTCPeerConnection</code>. Paste
        the program into the browser console on any page served from localhost or over HTTPS.
      </p>
      <Values values={values} shownSecret={shownSecret}>
        <button type="button" className="text-button" aria-pressed={isSecretShown} onClick={() => setSecretShown(!isSecretShown)}>
          {isSecretShown ? 'Hide' : 'Show'}
        </button>
      </Values>
      <p className="warning">
        Instead of the secret, the program contains this page's token, which expires after a day. In production, your server creates a token
        for each user.
      </p>
      <div className="program">
        <div className="panel-head">
          <h3>Program</h3>
          <CopyButton text={quickStart(values)} what="program" isLarge />
        </div>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
        <pre tabIndex={0}>{quickStart({ ...values, secret: shownSecret })}</pre>
      </div>
    </dialog>
  );
}

interface ValuesProps {
  readonly values: QuickStartValues;
  readonly shownSecret: string;
  /** Further controls for the secret. */
  readonly children: ReactNode;
}

function Values({ values, shownSecret, children }: ValuesProps) {
  return (
    <dl className="values">
      <Value name="Host" what="host" value={values.host} />
      <Value name="App ID" what="app ID" value={values.appId} />
      <Value name="Token" what="token" value={values.secret} shown={shownSecret}>
        {children}
      </Value>
      <Value name="STUN" what="STUN URL" value={values.stunUrl} />
    </dl>
  );
}

interface ValueProps {
  readonly name: string;
  /** The name within a sentence. */
  readonly what: string;
  readonly value: string;
  readonly shown?: string;
  readonly children?: ReactNode;
}

function Value({ name, what, value, shown = value, children }: ValueProps) {
  return (
    <div className="value-row">
      <dt>{name}</dt>
      <dd className="mono">{shown}</dd>
      <dd className="value-actions">
        {children}
        <CopyButton text={value} what={what} />
      </dd>
    </div>
  );
}
