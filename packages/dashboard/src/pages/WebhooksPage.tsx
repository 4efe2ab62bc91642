import type { AdminWebhook } from '@causeway/protocol';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useServices } from '../service/console-services.ts';
import { appQuery, mayDo, useMe, webhooksQuery } from '../service/use-console-data.ts';
import { Button, DialogButton, Failure, Loaded, TableBox, TextField } from '../shell/controls.tsx';
import { WebhookSecret, webhookStateText } from './WebhookParts.tsx';

/** Each pattern stands for all types that begin with its word. */
const EVENT_GROUPS = ['session.*', 'track.*', 'subscription.*', 'layer.*', 'quality.*', 'datachannel.*', 'quota.*', 'node.*', 'webhook.*'];

/** The webhooks of an app. */
export function WebhooksPage() {
  const { appId } = useParams({ from: '/member/apps/$appId' });
  const services = useServices();
  const queries = useQueryClient();
  const { memberships } = useMe();
  const webhooks = useQuery(webhooksQuery(services, appId));
  const app = useQuery(appQuery(services, appId)).data;
  const mayChange = mayDo(memberships.find(({ organisation }) => organisation.id === app?.orgId)?.role, 'develop');
  const reload = () => queries.invalidateQueries({ queryKey: ['webhooks', appId] });
  return (
    <section aria-labelledby="webhooks-title">
      <div className="title-row">
        <h2 id="webhooks-title">Webhooks</h2>
        {mayChange && (
          <DialogButton label="New webhook" look="primary" title="New webhook">
            {(close) => <NewWebhook appId={appId} onMade={reload} close={close} />}
          </DialogButton>
        )}
      </div>
      <p>
        The events of the app are sent to these URLs, signed. Events of one session are sent in order. Failed deliveries are retried for 28
        hours.
      </p>
      <Loaded query={webhooks}>
        {(list) => (list.length === 0 ? <p>No webhooks yet.</p> : <WebhookTable appId={appId} webhooks={list} />)}
      </Loaded>
    </section>
  );
}

function WebhookTable({ appId, webhooks }: { readonly appId: string; readonly webhooks: readonly AdminWebhook[] }) {
  return (
    <TableBox label="Webhooks table">
      <table>
        <thead>
          <tr>
            <th scope="col">URL</th>
            <th scope="col">Description</th>
            <th scope="col">Events</th>
            <th scope="col">State</th>
          </tr>
        </thead>
        <tbody>
          {webhooks.map((webhook) => (
            <tr key={webhook.id}>
              <th scope="row" className="mono">
                <Link to="/apps/$appId/webhooks/$webhookId" params={{ appId, webhookId: webhook.id }}>
                  {webhook.url}
                </Link>
              </th>
              <td>{webhook.description}</td>
              <td className="mono">{webhook.events.join(', ')}</td>
              <td>{webhookStateText(webhook)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

interface NewWebhookProps {
  readonly appId: string;
  readonly onMade: () => Promise<unknown>;
  readonly close: () => void;
}

function NewWebhook({ appId, onMade, close }: NewWebhookProps) {
  const { admin } = useServices();
  const [secret, setSecret] = useState<string>();
  const [error, setError] = useState<unknown>();
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const chosen = form.getAll('events').map(String);
    const wanted = {
      url: String(form.get('url')),
      description: String(form.get('description')),
      events: chosen.length === 0 ? ['*'] : chosen,
    };
    try {
      setSecret((await admin.createWebhook(appId, wanted)).secret);
      await onMade();
    } catch (failure) {
      setError(failure);
    }
  };
  if (secret !== undefined) return <WebhookSecret secret={secret} close={close} />;
  return (
    <form onSubmit={(event) => void submit(event)}>
      <TextField label="URL" name="url" type="url" isRequired autoFocus maxLength={2_048} remark="For example, https://example.org/hook" />
      <TextField label="Description" name="description" maxLength={256} />
      <fieldset className="checks">
        <legend>Events</legend>
        <p className="remark">Choose none to receive all events.</p>
        {EVENT_GROUPS.map((group) => (
          <label key={group}>
            <input type="checkbox" name="events" value={group} /> {group}
          </label>
        ))}
      </fieldset>
      <Failure error={error} />
      <div className="actions">
        <Button onPress={close}>Cancel</Button>
        <Button type="submit" look="primary">
          Create webhook
        </Button>
      </div>
    </form>
  );
}
