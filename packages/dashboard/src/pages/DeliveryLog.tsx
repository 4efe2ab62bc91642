import type { WebhookDelivery } from '@causeway/protocol';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useServices } from '../service/console-services.ts';
import { Button, DialogButton, Failure, TableBox, Time } from '../shell/controls.tsx';
import { lastReplyText } from './WebhookParts.tsx';

/** The number of deliveries that one call of the API returns. */
const DELIVERIES_PER_PAGE = 100;

interface DeliveryLogProps {
  readonly webhookId: string;
  /** Whether something can be sent again. */
  readonly mayChange: boolean;
}

/** The deliveries of a webhook, newest first. */
export function DeliveryLog({ webhookId, mayChange }: DeliveryLogProps) {
  const { admin } = useServices();
  const { data, error, hasNextPage, fetchNextPage, isFetching, refetch } = useInfiniteQuery({
    queryKey: ['deliveries', webhookId],
    queryFn: async ({ pageParam }: { readonly pageParam: string | undefined }) =>
      (await admin.listDeliveries(webhookId, pageParam)).deliveries,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => (page.length < DELIVERIES_PER_PAGE ? undefined : page.at(-1)?.id),
    staleTime: 0,
  });
  const deliveries = data?.pages.flat() ?? [];
  return (
    <>
      <div className="title-row">
        <h3>Deliveries in the last 30 days</h3>
        <Button isDisabled={isFetching} onPress={() => void refetch()}>
          Refresh
        </Button>
      </div>
      <Failure error={error} />
      {deliveries.length === 0 ? (
        <p>{data === undefined ? 'Loading…' : 'No deliveries yet.'}</p>
      ) : (
        <TableBox label="Deliveries table">
          <table>
            <thead>
              <tr>
                <th scope="col">Time</th>
                <th scope="col">Event</th>
                <th scope="col">Session</th>
                <th scope="col">State</th>
                <th scope="col">Last attempt</th>
                <th scope="col">Details</th>
              </tr>
            </thead>
            <tbody>
              {deliveries.map((delivery) => (
                <DeliveryRow key={delivery.id} delivery={delivery} mayChange={mayChange} />
              ))}
            </tbody>
          </table>
        </TableBox>
      )}
      {hasNextPage && (
        <Button isDisabled={isFetching} onPress={() => void fetchNextPage()}>
          Load older
        </Button>
      )}
    </>
  );
}

function DeliveryRow({ delivery, mayChange }: { readonly delivery: WebhookDelivery; readonly mayChange: boolean }) {
  const { eventAt, eventType, sessionId, state, id } = delivery;
  return (
    <tr>
      <td>
        <Time at={eventAt} />
      </td>
      <th scope="row">{eventType}</th>
      <td className="mono">{sessionId}</td>
      <td>{state}</td>
      <td>{lastReplyText(delivery)}</td>
      <td>
        <DialogButton label="Attempts" of={`of delivery ${id}`} title={`${eventType}: ${state}`}>
          {(close) => <Attempts delivery={delivery} mayChange={mayChange} close={close} />}
        </DialogButton>
      </td>
    </tr>
  );
}

interface AttemptsProps {
  readonly delivery: WebhookDelivery;
  readonly mayChange: boolean;
  readonly close: () => void;
}

function Attempts({ delivery, mayChange, close }: AttemptsProps) {
  const { admin } = useServices();
  const queries = useQueryClient();
  const [error, setError] = useState<unknown>();
  const { id, webhookId, messageId, attempts, nextAttemptAt, response, eventType } = delivery;
  const redeliver = async () => {
    try {
      await admin.redeliver(webhookId, id);
      await queries.invalidateQueries({ queryKey: ['deliveries', webhookId] });
      close();
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <>
      <p>
        <code>webhook-id: {messageId}</code>
      </p>
      {attempts.length === 0 ? (
        <p>Not sent yet.</p>
      ) : (
        <ol>
          {attempts.map((attempt) => (
            <li key={attempt.at}>
              <Time at={attempt.at} />: {lastReplyText({ ...delivery, attempts: [attempt] })}
            </li>
          ))}
        </ol>
      )}
      {nextAttemptAt !== undefined && (
        <p>
          Next attempt: <Time at={nextAttemptAt} />
        </p>
      )}
      {response !== undefined && (
        <>
          <p>Start of the last reply:</p>
          <pre className="reply">{response}</pre>
        </>
      )}
      <Failure error={error} />
      <div className="actions">
        <Button onPress={close}>Close</Button>
        {mayChange && eventType !== 'webhook.ping' && (
          <Button look="primary" onPress={() => void redeliver()}>
            Resend
          </Button>
        )}
      </div>
    </>
  );
}
