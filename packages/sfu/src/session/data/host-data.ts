/** Implements `DataParticipant` with a session that has no peer. */
import { LIMITS, PublishDataChannelItem, parseRequest, SfuError, SubscribeDataChannelItem, utf8SizeBytes } from '@causeway/protocol';
import type { Session } from '../session.ts';
import { sessionClosedError } from '../session-life.ts';
import type {
  DataMessage,
  DataParticipant,
  HostedPublication,
  HostedPublicationOptions,
  HostedSubscription,
  HostedSubscriptionEnd,
  HostedSubscriptionOptions,
} from './data-participant.ts';
import { currentChannel, locateDataChannel } from './locate-data-channel.ts';

export interface HostOptions {
  readonly session: Session;
  /** Returns the most bytes that wait for any one subscriber of a publication. */
  readonly bufferedBytes: (publicationId: string) => Promise<number>;
}

export function hostData({ session, bufferedBytes }: HostOptions): DataParticipant {
  const { data, parts } = session;

  function publish(name: string, { onReply, ...options }: HostedPublicationOptions = {}): HostedPublication {
    refuseClosed(session);
    const item = parseRequest(PublishDataChannelItem, { dataChannelName: name, ...options });
    if (data.published.find(name) !== undefined) {
      throw new SfuError('data_channel_conflict', `session ${session.id} publishes ${name} already`);
    }
    const published = data.published.publish(item);
    if (published.type === 'failed') throw new SfuError(published.code, published.description);
    const { id } = published.publication;
    let isOpen = true;
    data.listen(id, {
      onMessage: (message) => onReply?.(message),
      onClosed() {
        isOpen = false;
      },
    });
    return {
      name,
      send(message) {
        checkMessage(message);
        if (!isOpen) throw ended(name);
        parts.shard.send({ type: 'publish-data', publicationId: id, data: message });
      },
      bufferedBytes: () => bufferedBytes(id),
      close: () => data.published.unpublish(name, 'requested'),
    };
  }

  async function subscribe({ onMessage, onClosed, ...asked }: HostedSubscriptionOptions): Promise<HostedSubscription> {
    refuseClosed(session);
    const item = parseRequest(SubscribeDataChannelItem, asked);
    const located = await locateDataChannel({ appId: session.appId, sessionId: session.id, caller: undefined }, item, parts);
    if (located.type === 'failed') throw new SfuError(located.code, located.description);
    refuseClosed(session);
    // The channel may have ended during the lookup, or another one may have taken its name.
    const current = currentChannel(session, item, located.record);
    if (current === undefined) throw ended(item.dataChannelName);
    const subscribed = data.subscribed.subscribe(item, current);
    if (subscribed.type === 'failed') throw new SfuError(subscribed.code, subscribed.description);
    if (!subscribed.isNew) {
      throw new SfuError(
        'data_channel_conflict',
        `session ${session.id} already subscribes to ${item.dataChannelName} of ${item.remoteSessionId}`,
      );
    }
    const { id } = subscribed.subscription;
    let isOpen = true;
    let isClosedHere = false;
    data.listen(id, {
      onMessage,
      onClosed(reason) {
        isOpen = false;
        // A subscription never ends for a reason that applies only to publications.
        if (!isClosedHere) onClosed?.(reason as HostedSubscriptionEnd);
      },
    });
    return {
      send(message) {
        checkMessage(message);
        if (!isOpen) throw ended(item.dataChannelName);
        parts.shard.send({ type: 'reply-data', subscriptionId: id, data: message });
      },
      close() {
        isClosedHere = true;
        data.subscribed.unsubscribe(id, 'unsubscribed');
      },
    };
  }

  return { sessionId: session.id, publish, subscribe, close: () => session.close('requested') };
}

function refuseClosed({ id, life }: Session): void {
  if (life.type === 'closed') throw sessionClosedError(id, life);
}

function checkMessage(message: DataMessage): void {
  const sizeBytes = typeof message === 'string' ? utf8SizeBytes(message) : message.length;
  if (sizeBytes <= LIMITS.maxDataMessageBytes) return;
  throw new SfuError('payload_too_large', `the message has ${sizeBytes} bytes; the limit is ${LIMITS.maxDataMessageBytes}`);
}

function ended(name: string): SfuError {
  return new SfuError('data_channel_not_found', `data channel ${name} has ended`);
}
