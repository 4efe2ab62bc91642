/** Webhooks by the admin API, from the first call to what a receiver gets. */
import { createServer, type Server } from 'node:http';
import { AppId, type SessionId } from '@causeway/protocol';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { closeNodes, startService } from '../support/admin-node.ts';
import type { Reply } from '../support/test-server.ts';

interface Issued {
  readonly webhook: { readonly id: string; readonly version: number; readonly url: string };
  readonly secret: string;
}

let receiver: Server;
let url: string;
let received: { readonly headers: Record<string, string>; readonly body: string }[] = [];
let onReceived = (): void => undefined;

beforeAll(async () => {
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      received.push({ headers: request.headers as Record<string, string>, body });
      response.end('thanks');
      onReceived();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(receiver.address() as { readonly port: number }).port}/hook`;
});

beforeEach(() => {
  received = [];
});

afterEach(closeNodes);

afterAll(() => {
  receiver.closeAllConnections();
  return new Promise((resolve) => receiver.close(resolve));
});

/** Resolves when the receiver has so many. */
function untilReceived(count: number): Promise<void> {
  return new Promise((resolve) => {
    onReceived = () => {
      if (received.length >= count) resolve();
    };
    onReceived();
  });
}

const codeOf = async (reply: Promise<Reply>): Promise<unknown> => ((await reply).json as { errorCode?: unknown }).errorCode;

test('a webhook is made, changed by the one who read the newest version, and removed', async () => {
  const { admin, made, key, app } = await startService();
  const created = await admin('POST', `/apps/${app}/webhooks`, key, { url, events: ['session.*'] }, { 'Idempotency-Key': 'once' });
  const again = await admin('POST', `/apps/${app}/webhooks`, key, { url, events: ['session.*'] }, { 'Idempotency-Key': 'once' });
  const { webhook, secret } = created.json as Issued;

  expect([created.status, created.headers.get('ETag'), again.json]).toEqual([200, '"1"', created.json]);
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  const path = `/webhooks/${webhook.id}`;
  expect(await made('GET', path, key)).toEqual(webhook);
  expect(await made('GET', `/apps/${app}/webhooks`, key)).toEqual({ webhooks: [webhook] });
  const changed = await admin('PATCH', path, key, { description: 'mine', disabled: true }, { 'If-Match': '"1"' });
  expect(changed.json).toMatchObject({ description: 'mine', disabled: true, disabledReason: 'requested', version: 2 });
  expect(await codeOf(admin('PATCH', path, key, { description: 'late' }, { 'If-Match': '"1"' }))).toBe('version_conflict');
  expect(await codeOf(admin('POST', `${path}/replay`, key, { since: '2026-01-01T00:00:00Z' }))).toBe('webhook_disabled');
  expect(await made('PATCH', path, key, { disabled: false })).toMatchObject({ disabled: false, version: 3 });
  expect(await made('DELETE', path, key)).toEqual({ success: true });
  expect(await codeOf(admin('GET', path, key))).toBe('webhook_not_found');
});

test('what is wrong with a call is named, and other organisations have no webhooks', async () => {
  const { admin, made, books, key, app } = await startService();
  const { webhook }: Issued = await made('POST', `/apps/${app}/webhooks`, key, { url });
  const post = async (path: string, body: unknown) =>
    (await admin('POST', path, key, body)).json as { errorCode: string; details: unknown };

  const refused = await post(`/apps/${app}/webhooks`, { url: 'https://169.254.169.254/latest' });
  expect(refused).toMatchObject({ errorCode: 'invalid_params', details: { path: 'url' } });
  expect(await post(`/apps/${app}/webhooks`, { url, events: ['session.gone'] })).toMatchObject({ details: { path: 'events[0]' } });
  expect(await post(`/webhooks/${webhook.id}/replay`, {})).toMatchObject({ errorCode: 'invalid_params' });
  expect(await post(`/webhooks/${webhook.id}/replay`, { afterEventId: 'none' })).toMatchObject({ details: { path: 'afterEventId' } });
  expect(await post(`/webhooks/${webhook.id}/deliveries/7/redeliver`, {})).toMatchObject({ errorCode: 'delivery_not_found' });
  expect(await post(`/webhooks/${webhook.id}/deliveries/x/redeliver`, {})).toMatchObject({ errorCode: 'delivery_not_found' });
  expect(await codeOf(admin('GET', `/webhooks/${webhook.id}/deliveries?after=x`, key))).toBe('invalid_params');

  const other = await books.createOrg('Other', { kind: 'operator' });
  const { secret: foreign } = await books.createAdminKey(other.id, { name: 'foreign' }, { kind: 'operator' });
  expect(await codeOf(admin('GET', `/webhooks/${webhook.id}`, foreign))).toBe('webhook_not_found');
  expect(await codeOf(admin('POST', `/webhooks/${webhook.id}/ping`, foreign))).toBe('webhook_not_found');
  expect(await codeOf(admin('GET', `/apps/${app}/webhooks`, foreign))).toBe('app_not_found');
});

test('events arrive signed, are logged, and are sent again; a secret is shown once and is nowhere else', async () => {
  const { admin, made, events, backedUp, key, app, org } = await startService();
  const { webhook, secret }: Issued = await made('POST', `/apps/${app}/webhooks`, key, { url });
  const path = `/webhooks/${webhook.id}`;
  const pinged = await admin('POST', `${path}/ping`, key);
  expect(pinged.json).toMatchObject({ state: 'delivered', eventType: 'webhook.ping', attempts: [{ status: 200 }], response: 'thanks' });

  const sessionId = 'session-101-5b8f3a52-7d1e-4f5a-9c43-0d6f2f1a8e77' as SessionId;
  events.note({ type: 'session.created', appId: AppId.parse(app), sessionId });
  await untilReceived(2);
  const rotated: Issued = await made('POST', `${path}/rotate`, key, {});
  events.note({ type: 'session.created', appId: AppId.parse(app), sessionId });
  await untilReceived(3);
  const { headers = {}, body = '' } = received[2] ?? {};
  for (const each of [secret, rotated.secret])
    expect(new StandardWebhook(each).verify(body, headers)).toMatchObject({ data: { sessionId } });

  const { deliveries }: { deliveries: { id: string; eventId: string; messageId: string }[] } = await made('GET', `${path}/deliveries`, key);
  expect(deliveries.map(({ messageId }) => messageId)).toEqual(received.map((each) => each.headers['webhook-id']).toReversed());
  await made('POST', `${path}/deliveries/${deliveries[1]?.id}/redeliver`, key);
  await untilReceived(4);
  expect(received[3]?.body).toBe(received[1]?.body);
  expect(await made('POST', `${path}/replay`, key, { since: '2026-01-01T00:00:00Z' })).toMatchObject({ queued: 2, hasMore: false });
  await untilReceived(6);
  expect(received.slice(4).map((each) => each.body)).toEqual([received[1]?.body, received[2]?.body]);

  const told = [
    pinged,
    await admin('GET', path, key),
    await admin('GET', `${path}/deliveries`, key),
    await admin('GET', `/organisations/${org}/audit`, key),
  ];
  const kept = await backedUp();
  const everything = JSON.stringify([told.map(({ text }) => text), kept, received]);
  for (const each of [secret, rotated.secret]) expect(everything).not.toContain(each.slice('whsec_'.length));
  expect(everything).not.toMatch(/whsec_|whsk_/);
});
