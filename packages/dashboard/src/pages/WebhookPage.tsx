import type { AdminWebhook, WebhookDelivery } from '@causeway/protocol';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useServices } from '../service/console-services.ts';
import { appQuery, mayDo, useMe, webhookQuery } from '../service/use-console-data.ts';
import { Button, ConfirmButton, DialogButton, Failure, Loaded, Time } from '../shell/controls.tsx';
import { CopyButton } from '../ui/CopyButton.tsx';
import { DeliveryLog } from './DeliveryLog.tsx';
import { lastReplyText, WebhookSecret, webhookStateText } from './WebhookParts.tsx';

/** How far back the console replays events; the admin API allows 30 days. */
const REPLAYED_MS = 86_400_000;

/** One webhook with its state, its actions and its deliveries. */
export function WebhookPage() {
  const { appId, webhookId } = useParams({ from: '/member/apps/$appId/webhooks/$webhookId' });
  const services = useServices();
  const { memberships } = useMe();
  const webhook = useQuery(webhookQuery(services, webhookId));
  const app = useQuery(appQuery(services, appId)).data;
  const mayChange = mayDo(memberships.find(({ organisation }) => organisation.id === app?.orgId)?.role, 'develop');
  return (
    <section aria-labelledby="webhook-title">
      <h2 id="webhook-title">Webhook</h2>
      <Loaded query={webhook}>
        {(shown) => (
          <>
            <WebhookFacts shown={shown} />
            {mayChange && <WebhookActions shown={shown} />}
            <DeliveryLog webhookId={shown.id} mayChange={mayChange && !shown.disabled} />
          </>
        )}
      </Loaded>
    </section>
  );
}

function WebhookFacts({ shown }: { readonly shown: AdminWebhook }) {
  const { url, description, events, publicKey, formerSecretEndsAt, createdAt } = shown;
  return (
    <dl className="facts">
      <div>
        <dt>URL</dt>
        <dd className="mono">{url}</dd>
      </div>
      {description !== '' && (
        <div>
          <dt>Description</dt>
          <dd>{description}</dd>
        </div>
      )}
      <div>
        <dt>Events</dt>
        <dd className="mono">{events.join(', ')}</dd>
      </div>
      <div>
        <dt>State</dt>
        <dd>{webhookStateText(shown)}</dd>
      </div>
      <div>
        <dt>Public key</dt>
        <dd className="id-row">
          <code>{publicKey}</code> <CopyButton text={publicKey} what="public key" />
        </dd>
      </div>
      {formerSecretEndsAt !== undefined && (
        <div>
          <dt>Previous secret valid until</dt>
          <dd>
            <Time at={formerSecretEndsAt} />
          </dd>
        </div>
      )}
      <div>
        <dt>Created</dt>
        <dd>
          <Time at={createdAt} />
        </dd>
      </div>
    </dl>
  );
}

function WebhookActions({ shown: { id, appId, url, disabled } }: { readonly shown: AdminWebhook }) {
  const { admin } = useServices();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [error, setError] = useState<unknown>();
  const [pinged, setPinged] = useState<WebhookDelivery>();
  const [isBusy, setBusy] = useState(false);
  const reload = async () => {
    await Promise.all(
      [
        ['webhook', id],
        ['deliveries', id],
        ['webhooks', appId],
      ].map((queryKey) => queries.invalidateQueries({ queryKey })),
    );
  };
  const run = (work: () => Promise<unknown>) => {
    setBusy(true);
    setError(undefined);
    setPinged(undefined);
    work()
      .then(reload)
      .catch(setError)
      .finally(() => setBusy(false));
  };
  const remove = async () => {
    await admin.removeWebhook(id);
    await navigate({ to: '/apps/$appId/webhooks', params: { appId } });
    await queries.invalidateQueries({ queryKey: ['webhooks', appId] });
  };
  return (
    <>
      <div className="actions start">
        <Button look="primary" isDisabled={isBusy} onPress={() => run(async () => setPinged(await admin.pingWebhook(id)))}>
          Ping
        </Button>
        <DialogButton label="Rotate secret" title="Rotate the secret?">
          {(close) => <RotateSecret webhookId={id} onRotated={reload} close={close} />}
        </DialogButton>
        {!disabled && (
          <ConfirmButton
            label="Replay last 24 hours"
            title="Replay the events of the last 24 hours?"
            explanation="Each event is sent again with its original webhook-id, so the receiver can ignore the ones it has. Deliveries that are still waiting are not sent twice."
            onConfirm={() => admin.replayWebhook(id, new Date(Date.now() - REPLAYED_MS).toISOString()).then(reload)}
          />
        )}
        {disabled ? (
          <Button isDisabled={isBusy} onPress={() => run(() => admin.changeWebhook(id, { disabled: false }))}>
            Enable
          </Button>
        ) : (
          <ConfirmButton
            label="Disable"
            title="Disable the webhook?"
            explanation="Waiting deliveries are not sent. Events that occur while the webhook is disabled can be replayed for 30 days."
            onConfirm={() => admin.changeWebhook(id, { disabled: true }).then(reload)}
          />
        )}
        <ConfirmButton
          label="Remove"
          look="danger"
          title={`Remove ${url}?`}
          explanation="Waiting deliveries are not sent, and the delivery log is deleted."
          onConfirm={remove}
        />
      </div>
      <Failure error={error} />
      {pinged !== undefined && (
        <p role="status">
          Ping {pinged.state}: {lastReplyText(pinged)}
        </p>
      )}
    </>
  );
}

interface RotateSecretProps {
  readonly webhookId: string;
  readonly onRotated: () => Promise<unknown>;
  readonly close: () => void;
}

function RotateSecret({ webhookId, onRotated, close }: RotateSecretProps) {
  const { admin } = useServices();
  const [secret, setSecret] = useState<string>();
  const [error, setError] = useState<unknown>();
  const rotate = async () => {
    try {
      setSecret((await admin.rotateWebhookSecret(webhookId)).secret);
      await onRotated();
    } catch (failure) {
      setError(failure);
    }
  };
  if (secret !== undefined) return <WebhookSecret secret={secret} close={close} />;
  return (
    <>
      <p>For 24 hours, deliveries are signed with both the old and the new secret. Give the new one to the receiver within that time.</p>
      <Failure error={error} />
      <div className="actions">
        <Button onPress={close}>Cancel</Button>
        <Button look="primary" autoFocus onPress={() => void rotate()}>
          Rotate
        </Button>
      </div>
    </>
  );
}
