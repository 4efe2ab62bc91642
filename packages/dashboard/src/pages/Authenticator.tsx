import type { FactorsReply, OfferTotpReply } from '@causeway/protocol';
import { useState } from 'react';
import { encode } from 'uqr';
import { useServices } from '../service/console-services.ts';
import { ActionForm } from '../shell/ActionForm.tsx';
import { Button, DialogButton, TextField } from '../shell/controls.tsx';
import { CopyButton } from '../ui/CopyButton.tsx';

interface AuthenticatorProps {
  readonly totp: FactorsReply['totp'];
  readonly onChanged: () => Promise<unknown>;
}

/** Shows whether signing in needs a code, and lets the person change that. */
export function Authenticator({ totp, onChanged }: AuthenticatorProps) {
  return (
    <section aria-labelledby="totp-title">
      <h2 id="totp-title">Authenticator</h2>
      <p>
        {totp.isOn
          ? `Signing in with your password also requires a code from your authenticator. Recovery codes left: ${totp.recoveryCodesLeft}.`
          : 'You sign in with your password alone. An authenticator app adds a second step: a code that changes every 30 seconds.'}
      </p>
      {totp.isOn ? (
        <DialogButton label="Remove authenticator" look="danger" title="Remove authenticator">
          {(close) => <RemoveAuthenticator onChanged={onChanged} close={close} />}
        </DialogButton>
      ) : (
        <DialogButton label="Add authenticator" title="Add authenticator">
          {(close) => <AddAuthenticator onChanged={onChanged} close={close} />}
        </DialogButton>
      )}
    </section>
  );
}

interface StepsProps {
  readonly onChanged: () => Promise<unknown>;
  readonly close: () => void;
}

/** Three steps: the password, the seed, and the recovery codes. */
function AddAuthenticator({ onChanged, close }: StepsProps) {
  const { admin } = useServices();
  const [offer, setOffer] = useState<OfferTotpReply>();
  const [recoveryCodes, setRecoveryCodes] = useState<readonly string[]>();
  const finish = async () => {
    close();
    await onChanged();
  };
  if (recoveryCodes !== undefined) return <RecoveryCodes codes={recoveryCodes} onDone={() => void finish()} />;
  if (offer === undefined) {
    return (
      <ActionForm action="Continue" onCancel={close} onSubmit={async ({ password = '' }) => setOffer(await admin.offerTotp(password))}>
        <TextField label="Your password" name="password" type="password" autoComplete="current-password" isRequired autoFocus />
      </ActionForm>
    );
  }
  return (
    <ActionForm
      action="Confirm"
      onCancel={close}
      onSubmit={async ({ code = '' }) => setRecoveryCodes((await admin.confirmTotp(code)).recoveryCodes)}
    >
      <p>
        Scan the QR code with your authenticator app, or type the key into it. Then enter the code that the app shows. The QR code and the
        key will not be shown again.
      </p>
      <QrCode text={offer.uri} label="QR code for the authenticator" />
      <p className="id-row">
        <code>{offer.seed.replaceAll(/(.{4})(?=.)/g, '$1 ')}</code> <CopyButton text={offer.seed} what="key" />
      </p>
      <TextField label="Code" name="code" inputMode="numeric" autoComplete="one-time-code" isRequired autoFocus />
    </ActionForm>
  );
}

function RecoveryCodes({ codes, onDone }: { readonly codes: readonly string[]; readonly onDone: () => void }) {
  return (
    <>
      <p>
        The authenticator is set up, and you have been signed out of all other browsers. Keep these recovery codes somewhere other than your
        phone. Each works once in place of a code. They will not be shown again.
      </p>
      <ul className="codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <div className="actions">
        <CopyButton text={codes.join('\n')} what="recovery codes" isLarge />
        <Button look="primary" onPress={onDone}>
          Done
        </Button>
      </div>
    </>
  );
}

function RemoveAuthenticator({ onChanged, close }: StepsProps) {
  const { admin } = useServices();
  const remove = async ({ password = '', code = '' }: Readonly<Record<string, string>>) => {
    await admin.removeTotp(password, code);
    close();
    await onChanged();
  };
  return (
    <ActionForm action="Remove authenticator" look="danger" onCancel={close} onSubmit={remove}>
      <TextField label="Your password" name="password" type="password" autoComplete="current-password" isRequired autoFocus />
      <TextField label="Code or recovery code" name="code" autoComplete="one-time-code" isRequired />
    </ActionForm>
  );
}

/** The code is dark on light in both themes, because many scanners need that. */
function QrCode({ text, label }: { readonly text: string; readonly label: string }) {
  const { size, data } = encode(text, { border: 2 });
  const modules = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])));
  return (
    <svg className="qr-code" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shapeRendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={modules.join('')} fill="#000" />
    </svg>
  );
}
