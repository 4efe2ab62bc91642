import type { FactorsReply } from '@causeway/protocol';
import { useQuery } from '@tanstack/react-query';
import { callbackPage, leaveFor } from '../service/provider-visit.ts';
import { useServices } from '../service/services-context.ts';
import { signInWaysQuery } from '../service/use-console-data.ts';
import { ActionForm } from '../shell/ActionForm.tsx';
import { ConfirmButton, DialogButton, TextField, Time } from '../shell/controls.tsx';

interface ProviderConnectionProps {
  readonly oidc: FactorsReply['oidc'];
  readonly hasPassword: boolean;
  readonly onChanged: () => Promise<unknown>;
}

/** The account at the operator's OpenID provider that signs the person in; nothing on a node without one. */
export function ProviderConnection({ oidc, hasPassword, onChanged }: ProviderConnectionProps) {
  const services = useServices();
  const { data } = useQuery(signInWaysQuery(services));
  if (data?.oidc === undefined) return null;
  const { name } = data.oidc;
  const connect = async ({ password = '' }: Readonly<Record<string, string>>) =>
    leaveFor(await services.admin.offerOidcConnection(password, callbackPage(services.baseUrl)));
  const disconnect = async () => {
    await services.admin.disconnectOidc();
    await onChanged();
  };
  return (
    <section aria-labelledby="provider-title">
      <h2 id="provider-title">{name}</h2>
      {oidc === undefined ? (
        <>
          <p>Connect your account at {name}, and it signs you in, without password and code.</p>
          <DialogButton label={`Connect ${name}`} title={`Connect ${name}`}>
            {(close) => (
              <ActionForm action="Continue" onCancel={close} onSubmit={connect}>
                <TextField label="Your password" name="password" type="password" autoComplete="current-password" isRequired autoFocus />
              </ActionForm>
            )}
          </DialogButton>
        </>
      ) : (
        <>
          <p>
            {oidc.email === '' ? 'An account there' : oidc.email} signs you in, connected <Time at={oidc.connectedAt} />, last used{' '}
            {oidc.lastUsedAt === undefined ? 'never' : <Time at={oidc.lastUsedAt} />}.
            {!hasPassword && ' You have no password here, and so neither an authenticator nor passkeys.'}
          </p>
          {hasPassword && (
            <ConfirmButton
              label={`Disconnect ${name}`}
              look="danger"
              title={`Disconnect ${name}?`}
              explanation="It signs you in no longer. Your password and your passkeys do."
              onConfirm={disconnect}
            />
          )}
        </>
      )}
    </section>
  );
}
