/**
 * The test cases that every implementation of `WebhookBooks` must pass, for any test framework:
 * `test.each(webhookBooksContract)('$name', ({ run }) => run(open))`.
 */
import assert from 'node:assert/strict';
import { AppId, SfuError } from '@causeway/protocol';
import type { Actor, Books } from '../books/books.ts';
import {
  DELIVERIES_KEPT_FOR_MS,
  FAILING_DISABLES_AFTER_MS,
  MAX_WEBHOOKS_PER_APP,
  type NewWebhook,
  PING_TYPE,
  type SettledDelivery,
  type Webhook,
  type WebhookBooks,
  type WebhookEvent,
  type WebhookLead,
} from './webhook-books.ts';

/** Empty books, and control over their clock. */
export interface WebhookBooksForContract {
  readonly books: Books;
  /** Books limited to ten waiting deliveries per webhook, and twenty events and deliveries per app. */
  readonly webhooks: WebhookBooks;
  readonly nowMs: () => number;
  /** Advances the clock of the books. */
  advance(ms: number): void;
}

export interface WebhookBooksContractCase {
  readonly name: string;
  /** @param open creates empty books; called once per case */
  run(open: () => Promise<WebhookBooksForContract>): Promise<void>;
}

const ALICE: Actor = { kind: 'person', id: 'alice' };
const APP = AppId.parse('demo');
const PAGE = { limit: 100 };

class World {
  readonly books: Books;
  readonly webhooks: WebhookBooks;
  readonly nowMs: () => number;
  readonly advance: (ms: number) => void;
  readonly orgId: string;
  place: string | undefined;
  #events = 0;
  #places = 0;

  constructor({ books, webhooks, nowMs, advance }: WebhookBooksForContract, orgId: string) {
    this.books = books;
    this.webhooks = webhooks;
    this.nowMs = nowMs;
    this.advance = advance;
    this.orgId = orgId;
  }

  create(changes: Partial<NewWebhook> = {}): Promise<Webhook> {
    const wanted = { id: 'one', appId: APP, url: 'https://example.org/', description: 'mine', events: ['*'], sealedSecret: 'sealed' };
    return this.webhooks.createWebhook({ ...wanted, ...changes }, ALICE);
  }

  async lead(sender = 'node'): Promise<WebhookLead> {
    const { apps } = await this.webhooks.attend(sender);
    const [app] = apps;
    assert.ok(app !== undefined);
    const lead = await this.webhooks.takeLead(app, sender);
    assert.ok(lead !== undefined);
    return lead;
  }

  event(sessionId = 'a', type = 'track.published'): WebhookEvent {
    const no = ++this.#events;
    return { id: `${1_000_000 + no}-0`, type, atMs: this.nowMs(), sessionId, json: JSON.stringify({ type, sessionId, no }) };
  }

  /** Queues events after earlier ones. @returns whether the lead is held */
  async enqueue(lead: WebhookLead, ...events: readonly WebhookEvent[]): Promise<boolean> {
    const to = `place ${++this.#places}`;
    const isHeld = await this.webhooks.enqueue(lead, { from: this.place, to }, events);
    if (isHeld) this.place = to;
    return isHeld;
  }

  async due(lead: WebhookLead, busy: readonly number[] = []): Promise<readonly [session: string, id: string][]> {
    const due = await this.webhooks.dueDeliveries(lead, this.nowMs(), busy, 8);
    return (due?.deliveries ?? []).map(({ event }) => [event.sessionId, event.id]);
  }

  /** Attempts each due delivery once. */
  async attempt(lead: WebhookLead, next: (no: number) => SettledDelivery['next'] = () => ({ state: 'delivered' })) {
    const due = await this.webhooks.dueDeliveries(lead, this.nowMs(), [], 8);
    const attempt = { atMs: this.nowMs(), durationMs: 5, status: 200, error: undefined };
    const settled = (due?.deliveries ?? []).map(({ no, webhookId }): SettledDelivery => {
      return { no, webhookId, attempt, response: 'ok', next: next(no) };
    });
    return this.webhooks.settleDeliveries(lead, settled);
  }
}

export const webhookBooksContract: readonly WebhookBooksContractCase[] = [
  contractCase('finds a webhook as it was made and changed, for the one who read the newest version', async (world) => {
    const { webhooks } = world;
    const made = await world.create();
    assert.deepEqual(await webhooks.findWebhook('one'), made);
    assert.deepEqual([made.version, made.disabledReason, made.secrets], [1, undefined, [{ no: 1, sealed: 'sealed' }]]);

    const changed = await webhooks.updateWebhook('one', { url: 'https://example.org/b', events: ['track.*'], ifVersion: 1 }, ALICE);
    assert.deepEqual([changed.url, changed.events, changed.version], ['https://example.org/b', ['track.*'], 2]);
    await rejectsWith('version_conflict', webhooks.updateWebhook('one', { url: 'late', ifVersion: 1 }, ALICE));
    assert.deepEqual(await webhooks.listWebhooks(APP), [changed]);

    await webhooks.removeWebhook('one', ALICE);
    for (const asked of [
      webhooks.findWebhook('one'),
      webhooks.updateWebhook('one', {}, ALICE),
      webhooks.removeWebhook('one', ALICE),
      webhooks.listDeliveries('one', PAGE),
      webhooks.redeliver('one', 1, ALICE),
      webhooks.replay('one', { sinceMs: 0 }, 10, ALICE),
    ]) {
      await rejectsWith('webhook_not_found', asked);
    }
    await rejectsWith('app_not_found', webhooks.listWebhooks(AppId.parse('missing')));
  }),
  contractCase('gives an app a limited number of webhooks', async (world) => {
    for (let no = 0; no < MAX_WEBHOOKS_PER_APP; no++) await world.create({ id: `webhook-${no}` });

    await rejectsWith('quota_exceeded', world.create({ id: 'too many' }));
  }),
  contractCase('removes the webhooks of an app with it', async (world) => {
    await world.create();
    await world.books.removeApp(APP, ALICE);

    await rejectsWith('webhook_not_found', world.webhooks.findWebhook('one'));
    assert.deepEqual(await world.webhooks.attend('node'), { senders: [], apps: [] });
  }),
  contractCase('keeps the former secret for as long as it is asked to', async (world) => {
    const { webhooks } = world;
    await world.create();
    const rotated = await webhooks.rotateWebhookSecret('one', { no: 2, sealed: 'next' }, 60_000, ALICE);
    assert.deepEqual(rotated.secrets, [
      { no: 2, sealed: 'next' },
      { no: 1, sealed: 'sealed' },
    ]);
    assert.equal(rotated.formerSecretEndsAtMs, world.nowMs() + 60_000);
    await rejectsWith('version_conflict', webhooks.rotateWebhookSecret('one', { no: 2, sealed: 'again' }, 0, ALICE));

    world.advance(60_000);
    assert.deepEqual((await webhooks.findWebhook('one')).secrets, [{ no: 2, sealed: 'next' }]);
    assert.deepEqual((await webhooks.rotateWebhookSecret('one', { no: 3, sealed: 'last' }, 0, ALICE)).secrets, [{ no: 3, sealed: 'last' }]);
  }),
  contractCase('has every change by a call in the audit, and no secret', async (world) => {
    const { webhooks } = world;
    await world.create();
    await webhooks.updateWebhook('one', { description: 'new', isDisabled: false }, ALICE);
    await webhooks.rotateWebhookSecret('one', { no: 2, sealed: 'next' }, 0, ALICE);
    await webhooks.replay('one', { sinceMs: 0 }, 10, ALICE);
    await webhooks.removeWebhook('one', ALICE);
    const entries = await world.books.listAudit(world.orgId, PAGE);

    assert.deepEqual(
      entries.slice(0, 5).map(({ action, subject, actor, appId }) => [action, subject, actor, appId]),
      [
        ['webhook.removed', 'one', ALICE, APP],
        ['webhook.replayed', 'one: 1970-01-01T00:00:00.000Z', ALICE, APP],
        ['webhook.secret-rotated', 'one', ALICE, APP],
        ['webhook.changed', 'one: description, enabled', ALICE, APP],
        ['webhook.created', 'one', ALICE, APP],
      ],
    );
    assert.ok(!/sealed|next/.test(JSON.stringify(entries)));
  }),
  contractCase('sends the events of a session one after the other, and those of others beside them', async (world) => {
    await world.create();
    const lead = await world.lead();
    const events = [world.event('a'), world.event('b'), world.event('a'), world.event('')];
    assert.equal(await world.enqueue(lead, ...events), true);
    const [first, second, third, last] = events.map(({ id }) => id);

    const initially = await world.due(lead);
    assert.deepEqual(initially, [
      ['a', first],
      ['b', second],
      ['', last],
    ]);
    await world.attempt(lead, (no) => (no % 2 === 0 ? { state: 'delivered' } : { state: 'waiting', nextAtMs: world.nowMs() + 1_000 }));
    const waiting = await world.webhooks.listDeliveries('one', { ...PAGE, state: 'waiting' });
    world.advance(1_000);
    assert.equal((await world.due(lead)).length, new Set(waiting.map(({ event }) => event.sessionId)).size);
    await world.attempt(lead);
    await world.attempt(lead);
    assert.deepEqual(await world.due(lead), []);
    const log = await world.webhooks.listDeliveries('one', PAGE);
    assert.deepEqual(new Set(log.map(({ state }) => state)), new Set(['delivered']));
    assert.deepEqual(
      log.map(({ event }) => event.id),
      [last, third, second, first],
    );
  }),
  contractCase('queues for each webhook the types that it wants, and for all that some are lost', async (world) => {
    await world.create({ id: 'one', events: ['track.*', 'session.closed'] });
    await world.create({ id: 'two', events: ['*'] });
    const lead = await world.lead();
    const types = ['track.published', 'session.created', 'session.closed', 'events.lost'];
    await world.enqueue(lead, ...types.map((type) => world.event(type, type)));
    const typesOf = async (id: string) => (await world.webhooks.listDeliveries(id, PAGE)).map(({ event }) => event.type).toReversed();

    assert.deepEqual(await typesOf('one'), ['track.published', 'session.closed', 'events.lost']);
    assert.deepEqual(await typesOf('two'), types);
  }),
  contractCase('takes from the holder of the lead alone, and remembers how far it got', async (world) => {
    await world.create();
    const former = await world.lead('former');
    assert.deepEqual(await world.webhooks.findPlace(former), { position: undefined, sinceMs: world.nowMs() });
    assert.equal(await world.enqueue(former, world.event()), true);
    const next = await world.lead('next');

    assert.equal(await world.enqueue(former, world.event()), false);
    assert.equal(await world.webhooks.dueDeliveries(former, world.nowMs(), [], 8), undefined);
    assert.equal(await world.webhooks.settleDeliveries(former, []), undefined);
    assert.equal(await world.webhooks.findPlace(former), undefined);
    await world.webhooks.releaseLead(former, { is: undefined });
    assert.equal(await world.webhooks.takeLead(former, 'former'), undefined);
    assert.equal((await world.webhooks.findPlace(next))?.position, world.place);
    assert.equal((await world.webhooks.listDeliveries('one', PAGE)).length, 1);
    await world.webhooks.releaseLead(next);
    assert.deepEqual((await world.webhooks.attend('next')).apps[0], {
      appId: APP,
      term: next.term,
      holder: undefined,
      lastNo: 2,
      oldestQueuedAtMs: world.nowMs(),
    });
  }),
  contractCase('takes what is told again once: the answer may have been lost', async (world) => {
    await world.create();
    const lead = await world.lead();
    const events = [world.event('a'), world.event('a')];
    for (let time = 0; time < 2; time++) assert.equal(await world.webhooks.enqueue(lead, { from: undefined, to: 'here' }, events), true);
    assert.equal((await world.webhooks.listDeliveries('one', PAGE)).length, 2);

    const [delivery] = (await world.webhooks.dueDeliveries(lead, world.nowMs(), [], 8))?.deliveries ?? [];
    const attempt = { atMs: world.nowMs(), durationMs: 5, status: 500, error: undefined };
    const next = { state: 'waiting', nextAtMs: world.nowMs() + 1 } as const;
    const settled = [{ no: delivery?.no ?? 0, webhookId: 'one', attempt, response: undefined, next }];
    for (let time = 0; time < 2; time++) await world.webhooks.settleDeliveries(lead, settled);
    assert.equal((await world.webhooks.listDeliveries('one', PAGE)).at(-1)?.attempts.length, 1);
  }),
  contractCase('counts how often each sender has attended', async (world) => {
    await world.create();
    await world.webhooks.attend('one');
    await world.webhooks.attend('two');
    const { senders } = await world.webhooks.attend('one');
    assert.deepEqual(
      new Map(senders.map(({ name, beat }) => [name, beat])),
      new Map([
        ['one', 2],
        ['two', 1],
      ]),
    );

    await world.webhooks.leave('two');
    assert.deepEqual((await world.webhooks.attend('one')).senders, [{ name: 'one', beat: 3 }]);
  }),
  contractCase('leaves out what is under way, and says when the next one falls due', async (world) => {
    await world.create();
    const lead = await world.lead();
    await world.enqueue(lead, world.event('a'), world.event('b'));
    const due = await world.webhooks.dueDeliveries(lead, world.nowMs(), [], 8);
    const [first, second] = due?.deliveries ?? [];
    assert.deepEqual(
      due?.webhooks.map(({ id }) => id),
      ['one'],
    );
    assert.deepEqual(await world.due(lead, [first?.no ?? 0]), [['b', second?.event.id]]);

    await world.attempt(lead, (no) => ({ state: 'waiting', nextAtMs: world.nowMs() + 1_000 * no }));
    const later = await world.webhooks.dueDeliveries(lead, world.nowMs(), [], 8);
    assert.deepEqual([later?.deliveries, later?.nextAtMs], [[], world.nowMs() + 1_000 * (first?.no ?? 0)]);
  }),
  contractCase('logs attempts, and disables a webhook whose receiver is gone', async (world) => {
    await world.create();
    const lead = await world.lead();
    await world.enqueue(lead, world.event('a'), world.event('a'), world.event('b'));
    const attempt = { atMs: world.nowMs(), durationMs: 7, status: 410, error: undefined };
    const [first] = (await world.webhooks.dueDeliveries(lead, world.nowMs(), [], 8))?.deliveries ?? [];
    const settled = {
      no: first?.no ?? 0,
      webhookId: 'one',
      attempt,
      response: 'gone',
      next: { state: 'failed', disables: 'gone' },
    } as const;

    assert.deepEqual(await world.webhooks.settleDeliveries(lead, [settled]), [{ webhookId: 'one', reason: 'gone' }]);
    assert.equal((await world.webhooks.findWebhook('one')).disabledReason, 'gone');
    const log = (await world.webhooks.listDeliveries('one', PAGE)).toReversed();
    assert.deepEqual(
      log.map(({ state, nextAtMs }) => [state, nextAtMs]),
      [
        ['failed', undefined],
        ['cancelled', undefined],
        ['cancelled', undefined],
      ],
    );
    assert.deepEqual([log[0]?.attempts, log[0]?.response], [[attempt].map(({ error: _, ...rest }) => rest), 'gone']);
    assert.deepEqual(await world.due(lead), []);
    await rejectsWith('webhook_disabled', world.webhooks.redeliver('one', first?.no ?? 0, ALICE));
    await world.enqueue(lead, world.event('a'));
    assert.equal((await world.webhooks.listDeliveries('one', PAGE)).length, 3);
    const [audit] = await world.books.listAudit(world.orgId, PAGE);
    assert.deepEqual([audit?.action, audit?.subject, audit?.actor], ['webhook.disabled', 'one: gone', { kind: 'node' }]);
  }),
  contractCase('disables a webhook to which nothing could be delivered for five days', async (world) => {
    await world.create();
    const lead = await world.lead();
    const fail = () => ({ state: 'failed' }) as const;
    await world.enqueue(lead, world.event('a'), world.event('a'), world.event('a'), world.event('a'));
    await world.attempt(lead, fail);
    world.advance(FAILING_DISABLES_AFTER_MS - 1);
    await world.attempt(lead, fail);
    assert.equal((await world.webhooks.findWebhook('one')).disabledReason, undefined);
    await world.attempt(lead);
    assert.equal((await world.webhooks.findWebhook('one')).failingSinceMs, undefined);
    await world.attempt(lead, fail);
    await world.enqueue(lead, world.event('a'));
    world.advance(FAILING_DISABLES_AFTER_MS);

    assert.deepEqual(await world.attempt(lead, fail), [{ webhookId: 'one', reason: 'failing' }]);
    const enabled = await world.webhooks.updateWebhook('one', { isDisabled: false }, ALICE);
    assert.deepEqual([enabled.disabledReason, enabled.failingSinceMs], [undefined, undefined]);
  }),
  contractCase('sends one again, at once, and all since a time or an event, in order', async (world) => {
    await world.create({ events: ['track.*'] });
    const lead = await world.lead();
    const events = [world.event('a'), world.event('a'), world.event('b', 'session.closed'), world.event('b')];
    await world.enqueue(lead, ...events.slice(0, 1));
    world.advance(1_000);
    await world.enqueue(lead, ...events.slice(1));
    await world.attempt(lead);
    const [waiting] = await world.webhooks.listDeliveries('one', { ...PAGE, state: 'waiting' });
    const [delivered] = (await world.webhooks.listDeliveries('one', { ...PAGE, state: 'delivered' })).toReversed();

    const again = await world.webhooks.redeliver('one', delivered?.no ?? 0, ALICE);
    assert.deepEqual([again.event.id, again.state, again.nextAtMs], [events[0]?.id, 'waiting', world.nowMs()]);
    await rejectsWith('delivery_not_found', world.webhooks.redeliver('one', 999, ALICE));
    assert.equal(waiting?.event.id, events[1]?.id);
    const all = { queued: 1, lastEventId: events[3]?.id, hasMore: false };
    assert.deepEqual(await world.webhooks.replay('one', { afterEventId: events[0]?.id ?? '' }, 10, ALICE), all);
    for (let round = 0; round < 4; round++) await world.attempt(lead);
    const page = await world.webhooks.replay('one', { sinceMs: 0 }, 2, ALICE);
    assert.deepEqual(page, { queued: 2, lastEventId: events[1]?.id, hasMore: true });
    await rejectsWith('invalid_params', world.webhooks.replay('one', { afterEventId: 'none' }, 10, ALICE));
    assert.deepEqual(await world.due(lead), [['a', events[0]?.id]]);
  }),
  contractCase('notes a ping for one webhook, which is not sent again with the rest', async (world) => {
    await world.create();
    const lead = await world.lead();
    const attempt = { atMs: world.nowMs(), durationMs: 5, status: 204, error: undefined };
    const event = { ...world.event(''), type: PING_TYPE };
    const logged = await world.webhooks.logPing('one', event, { attempt, response: undefined, next: { state: 'delivered' } }, ALICE);

    assert.deepEqual([logged.state, logged.event.type], ['delivered', PING_TYPE]);
    assert.deepEqual(await world.due(lead), []);
    assert.equal((await world.webhooks.replay('one', { sinceMs: 0 }, 10, ALICE)).queued, 0);
  }),
  contractCase('leaves out what comes while too many wait, and says so before what comes afterwards', async (world) => {
    await world.create();
    const lead = await world.lead();
    const burst = Array.from({ length: 10 }, (_, index) => world.event(String(index)));
    await world.enqueue(lead, ...burst);
    await world.enqueue(lead, world.event('left out'));
    await world.attempt(lead);
    await world.enqueue(lead, world.event('later'));
    const log = await world.webhooks.listDeliveries('one', PAGE);

    assert.deepEqual(
      log.slice(0, 3).map(({ event }) => [event.type, event.sessionId]),
      [
        ['track.published', 'later'],
        ['events.lost', ''],
        ['track.published', '9'],
      ],
    );
    assert.equal((await world.webhooks.replay('one', { sinceMs: 0 }, 100, ALICE)).queued, 9);
  }),
  contractCase('forgets what is old or too much, and nothing that waits', async (world) => {
    await world.create();
    const lead = await world.lead();
    await world.enqueue(lead, world.event('a'), world.event('b'));
    await world.attempt(lead, (no) => (no % 2 === 0 ? { state: 'delivered' } : { state: 'waiting', nextAtMs: world.nowMs() }));
    world.advance(DELIVERIES_KEPT_FOR_MS + 1);
    await world.enqueue(lead, world.event('c'));
    await world.webhooks.pruneDeliveries();
    const kept = await world.webhooks.listDeliveries('one', PAGE);
    assert.equal(kept.length, 2);
    for (let round = 0; round < 12; round++) {
      await world.enqueue(lead, world.event('d'));
      await world.attempt(lead);
    }
    await world.webhooks.pruneDeliveries();

    assert.equal((await world.webhooks.listDeliveries('one', PAGE)).length, 10);
  }),
];

function contractCase(name: string, check: (world: World) => Promise<void>): WebhookBooksContractCase {
  return {
    name,
    async run(open) {
      const opened = await open();
      const org = await opened.books.createOrg('Example', ALICE);
      await opened.books.createApp({ orgId: org.id, id: APP, name: 'Demo' }, ALICE);
      await check(new World(opened, org.id));
    },
  };
}

async function rejectsWith(code: string, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, (error) => error instanceof SfuError && error.code === code);
}
