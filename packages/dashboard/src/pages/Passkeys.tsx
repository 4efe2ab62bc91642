import type { AdminPasskey, FactorsReply } from '@causeway/protocol';
import { browserSupportsWebAuthn, startRegistration } from '@simplewebauthn/browser';
import { useServices } from '../service/console-services.ts';
import { ActionForm } from '../shell/ActionForm.tsx';
import { ConfirmButton, DialogButton, TableBox, TextField, Time } from '../shell/controls.tsx';

interface PasskeysProps {
  readonly passkeys: FactorsReply['passkeys'];
  readonly onChanged: () => Promise<unknown>;
}

/** The keys on devices that sign the person in. */
export function Passkeys({ passkeys, onChanged }: PasskeysProps) {
  return (
    <section aria-labelledby="passkeys-title">
      <h2 id="passkeys-title">Passkeys</h2>
      <p>
        A passkey on your phone, computer or security key lets you sign in with a fingerprint, face or PIN instead of a password and code.
      </p>
      {passkeys.length > 0 && (
        <TableBox label="Passkeys table">
          <table>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Added</th>
                <th scope="col">Last used</th>
                <th scope="col">Actions</th>
              </tr>
            </thead>
            <tbody>
              {passkeys.map((passkey) => (
                <PasskeyRow key={passkey.id} passkey={passkey} onChanged={onChanged} />
              ))}
            </tbody>
          </table>
        </TableBox>
      )}
      {browserSupportsWebAuthn() ? (
        <DialogButton label="Add passkey" title="Add passkey">
          {(close) => <AddPasskey onChanged={onChanged} close={close} />}
        </DialogButton>
      ) : (
        <p className="hint">Passkeys require HTTPS or localhost, and a browser that supports them.</p>
      )}
    </section>
  );
}

function PasskeyRow({ passkey, onChanged }: { readonly passkey: AdminPasskey; readonly onChanged: () => Promise<unknown> }) {
  const { admin } = useServices();
  const { id, name, createdAt, lastUsedAt } = passkey;
  const remove = async () => {
    await admin.removePasskey(id);
    await onChanged();
  };
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>
        <Time at={createdAt} />
      </td>
      <td>{lastUsedAt === undefined ? 'never' : <Time at={lastUsedAt} />}</td>
      <td>
        <ConfirmButton
          label="Remove"
          of={name}
          look="danger"
          title={`Remove ${name}?`}
          explanation="You can no longer sign in with it. Remember to delete it from your device as well."
          onConfirm={remove}
        />
      </td>
    </tr>
  );
}

function AddPasskey({ onChanged, close }: { readonly onChanged: () => Promise<unknown>; readonly close: () => void }) {
  const { admin } = useServices();
  const add = async ({ name = '', password = '' }: Readonly<Record<string, string>>) => {
    const optionsJSON = await admin.offerPasskey(password);
    const response = await startRegistration({ optionsJSON }).catch((cause: unknown) => {
      throw new Error('No passkey was added: the prompt was cancelled or timed out, or the device already has a passkey for you.', {
        cause,
      });
    });
    await admin.addPasskey(name, response);
    close();
    await onChanged();
  };
  return (
    <ActionForm action="Add passkey" onCancel={close} onSubmit={add}>
      <TextField
        label="Name"
        name="name"
        autoComplete="off"
        maxLength={128}
        isRequired
        autoFocus
        remark="For example, the device that stores it"
      />
      <TextField label="Your password" name="password" type="password" autoComplete="current-password" isRequired />
    </ActionForm>
  );
}
