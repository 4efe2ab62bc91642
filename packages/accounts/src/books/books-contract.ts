/**
 * The test cases that every implementation of `Books` must pass, for any test framework:
 * `test.each(booksContract)('$name', ({ run }) => run(open))`.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { AppId, DEFAULT_APP_SETTINGS, SfuError } from '@causeway/protocol';
import { digestSecret } from '../app/secret.ts';
import type { Actor, Books, Org } from './books.ts';

/** Empty books, and control over their clock. */
export interface BooksForContract {
  readonly books: Books;
  /** Advances the clock of the books. */
  advance(ms: number): void;
}

export interface BooksContractCase {
  readonly name: string;
  /** @param open creates empty books; called once per case */
  run(open: () => Promise<BooksForContract>): Promise<void>;
}

interface World extends BooksForContract {
  readonly org: Org;
}

const OPERATOR: Actor = { kind: 'operator' };
const ALICE: Actor = { kind: 'person', id: 'alice' };
const PAGE = { limit: 100 };

export const booksContract: readonly BooksContractCase[] = [
  contractCase('finds an organisation and an app as they were made', async ({ books, org }) => {
    const app = await books.createApp({ orgId: org.id, name: 'Demo', settings: { autoPublish: false, maxSessions: 7 } }, ALICE);

    assert.deepEqual(await books.findOrg(org.id), org);
    assert.deepEqual(await books.findApp(app.id), app);
    assert.deepEqual(app.settings, { ...DEFAULT_APP_SETTINGS, autoPublish: false, maxSessions: 7 });
    assert.equal(app.version, 1);
  }),
  contractCase('knows nothing that was not made', async ({ books, org }) => {
    const missing = AppId.parse('missing');

    await rejectsWith('org_not_found', books.findOrg('missing'));
    await rejectsWith('org_not_found', books.createApp({ orgId: 'missing', name: '' }, ALICE));
    await rejectsWith('app_not_found', books.findApp(missing));
    await rejectsWith('app_not_found', books.updateApp(missing, { name: 'x' }, ALICE));
    await rejectsWith('app_not_found', books.removeApp(missing, ALICE));
    await rejectsWith('app_not_found', books.createSecret(missing, { name: '' }, ALICE));
    await rejectsWith('app_not_found', books.listKeys(missing));
    await rejectsWith('key_not_found', books.rollKey('missing', 0, ALICE));
    await rejectsWith('key_not_found', books.revokeKey('missing', ALICE));
    assert.deepEqual(await books.listApps(org.id, PAGE), []);
    assert.equal(await books.findAdminKey(digestSecret('missing')), undefined);
  }),
  contractCase('lists the apps of one organisation, page by page', async ({ books, org }) => {
    const other = await books.createOrg('Other', OPERATOR);
    for (const id of ['c', 'a', 'b']) await books.createApp({ orgId: org.id, id: AppId.parse(id), name: id }, ALICE);
    await books.createApp({ orgId: other.id, id: AppId.parse('d'), name: 'd' }, ALICE);
    const idsOf = async (page: { limit: number; after?: string }) => (await books.listApps(org.id, page)).map(({ id }) => String(id));

    assert.deepEqual(await idsOf({ limit: 2 }), ['a', 'b']);
    assert.deepEqual(await idsOf({ limit: 2, after: 'b' }), ['c']);
  }),
  contractCase('gives no id twice, not even that of an app that was removed', async ({ books, org }) => {
    const id = AppId.parse('demo');
    await books.createApp({ orgId: org.id, id, name: 'first' }, ALICE);

    await rejectsWith('app_conflict', books.createApp({ orgId: org.id, id, name: 'second' }, ALICE));
    await books.removeApp(id, ALICE);
    await rejectsWith('app_conflict', books.createApp({ orgId: org.id, id, name: 'third' }, ALICE));
    await rejectsWith('app_not_found', books.findApp(id));
  }),
  contractCase('changes what is named, for the one who read the newest version', async ({ books, org }) => {
    const { id } = await books.createApp({ orgId: org.id, name: 'Demo', settings: { maxSessions: 7 } }, ALICE);
    const changed = await books.updateApp(id, { settings: { autoPublish: false }, ifVersion: 1 }, ALICE);

    assert.deepEqual(changed.settings, { ...DEFAULT_APP_SETTINGS, autoPublish: false, maxSessions: 7 });
    assert.equal(changed.version, 2);
    await rejectsWith('version_conflict', books.updateApp(id, { name: 'late', ifVersion: 1 }, ALICE));
    assert.deepEqual(await books.findApp(id), changed);

    const { settings } = await books.updateApp(id, { settings: { autoPublish: null, maxSessions: null, monthlyQuotaGb: 5 } }, ALICE);
    assert.deepEqual(settings, { ...DEFAULT_APP_SETTINGS, monthlyQuotaGb: 5 });
  }),
  contractCase('tells each change of apps once, with the keys that open them', async ({ books, org }) => {
    const { id } = await books.createApp({ orgId: org.id, name: 'Demo' }, ALICE);
    const { secret } = await books.createSecret(id, { name: 'backend' }, ALICE);
    const first = await books.appChanges(0);
    assert.deepEqual(first.changed, [{ id, secretDigests: [digestSecret(secret)], settings: DEFAULT_APP_SETTINGS }]);
    assert.deepEqual(await books.appChanges(first.serial), { serial: first.serial, changed: [], removed: [] });

    await books.updateApp(id, { settings: { autoPublish: false } }, ALICE);
    const second = await books.appChanges(first.serial);
    assert.equal(second.changed[0]?.settings.autoPublish, false);

    await books.removeApp(id, ALICE);
    const third = await books.appChanges(second.serial);
    assert.deepEqual([third.changed, third.removed], [[], [id]]);
  }),
  contractCase('tells of a secret once, and later only how it begins and ends', async ({ books, org }) => {
    const { id } = await books.createApp({ orgId: org.id, name: 'Demo' }, ALICE);
    const { key, secret } = await books.createSecret(id, { name: 'backend' }, ALICE);

    assert.match(secret, /^cws_[A-Za-z0-9_-]{43}$/);
    assert.deepEqual([key.prefix, key.last4], [secret.slice(0, 8), secret.slice(-4)]);
    assert.deepEqual(await books.listKeys(id), [key]);
    assert.ok(!JSON.stringify(await books.listKeys(id)).includes(secret.slice(8, -4)));
  }),
  contractCase('keeps at most two secrets of an app good at once', async ({ books, org }) => {
    const { id } = await books.createApp({ orgId: org.id, name: 'Demo' }, ALICE);
    const first = await books.createSecret(id, { name: 'first' }, ALICE);
    await books.createSecret(id, { name: 'second' }, ALICE);

    await rejectsWith('quota_exceeded', books.createSecret(id, { name: 'third' }, ALICE));
    await rejectsWith('quota_exceeded', books.rollKey(first.key.id, 60_000, ALICE));
    await books.revokeKey(first.key.id, ALICE);
    await books.createSecret(id, { name: 'third' }, ALICE);
  }),
  contractCase('rolls a secret: both open the app until the old one ends', async ({ books, org, advance }) => {
    const { id } = await books.createApp({ orgId: org.id, name: 'Demo' }, ALICE);
    const former = await books.createSecret(id, { name: 'backend' }, ALICE);
    const next = await books.rollKey(former.key.id, 60_000, ALICE);
    const digests = [former, next].map(({ secret }) => digestSecret(secret));
    const during = (await books.appChanges(0)).changed[0];
    assert.deepEqual(during?.secretDigests.toSorted(), digests.toSorted());
    assert.deepEqual(during?.secretEndsMs, { [digests[0] ?? '']: next.key.createdAtMs + 60_000 });
    assert.equal(next.key.name, 'backend');

    advance(60_000);
    assert.deepEqual((await books.appChanges(0)).changed[0]?.secretDigests, [digests[1]]);
    await rejectsWith('key_conflict', books.rollKey(former.key.id, 0, ALICE));
  }),
  contractCase('ends a secret at once when it is rolled without overlap, or revoked', async ({ books, org }) => {
    const { id } = await books.createApp({ orgId: org.id, name: 'Demo' }, ALICE);
    const former = await books.createSecret(id, { name: 'backend' }, ALICE);
    const { key, secret } = await books.rollKey(former.key.id, 0, ALICE);
    assert.deepEqual((await books.appChanges(0)).changed[0]?.secretDigests, [digestSecret(secret)]);

    const revoked = await books.revokeKey(key.id, ALICE);
    assert.notEqual(revoked.revokedAtMs, undefined);
    assert.deepEqual(await books.revokeKey(key.id, ALICE), revoked);
    assert.deepEqual((await books.appChanges(0)).changed[0]?.secretDigests, []);
  }),
  contractCase('keeps public keys that verify tokens, and no private or shared ones', async ({ books, org }) => {
    const { id } = await books.createApp({ orgId: org.id, name: 'Demo' }, ALICE);
    const pair = generateKeyPairSync('ed25519');
    const publicKey = pair.publicKey.export({ format: 'pem', type: 'spki' }).toString();
    const privateKey = pair.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    const key = await books.addSigningKey(id, { kid: 'ours', alg: 'EdDSA', publicKey, name: 'backend' }, ALICE);

    const spki = pair.publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
    assert.deepEqual((await books.appChanges(0)).changed[0]?.tokenKeys, [{ kid: 'ours', alg: 'EdDSA', key: spki }]);
    await rejectsWith('key_conflict', books.addSigningKey(id, { kid: 'ours', alg: 'EdDSA', publicKey, name: '' }, ALICE));
    await rejectsWith('invalid_params', books.addSigningKey(id, { kid: 'x', alg: 'EdDSA', publicKey: privateKey, name: '' }, ALICE));
    await rejectsWith('invalid_params', books.addSigningKey(id, { kid: 'x', alg: 'HS256', secret: 'x'.repeat(43), name: '' }, ALICE));
    await books.revokeKey(key.id, ALICE);
    assert.equal((await books.appChanges(0)).changed[0]?.tokenKeys, undefined);
  }),
  contractCase('finds an admin key by its digest as long as it is good', async ({ books, org, advance }) => {
    const issued = await books.createAdminKey(org.id, { name: 'deploy', expiresInMs: 60_000 }, ALICE);
    const digest = digestSecret(issued.secret);

    assert.match(issued.secret, /^cwa_/);
    assert.deepEqual(await books.findAdminKey(digest), issued.key);
    assert.deepEqual(await books.listAdminKeys(org.id), [issued.key]);
    advance(60_000);
    assert.equal(await books.findAdminKey(digest), undefined);
    await rejectsWith('org_not_found', books.createAdminKey('missing', { name: '' }, ALICE));
  }),
  contractCase('notes the last use of a key to the minute, in whatever order it is told', async ({ books, org }) => {
    const { id } = await books.createApp({ orgId: org.id, name: 'Demo' }, ALICE);
    const { secret } = await books.createSecret(id, { name: 'backend' }, ALICE);
    const digest = digestSecret(secret);

    await books.noteKeyUses([
      { digest, usedAtMs: 600_500 },
      { digest: digestSecret('unknown'), usedAtMs: 600_500 },
    ]);
    await books.noteKeyUses([{ digest, usedAtMs: 300_000 }]);
    assert.equal((await books.listKeys(id))[0]?.lastUsedAtMs, 600_000);
  }),
  contractCase('has every change in the audit, with who made it, and no secret', async ({ books, org }) => {
    const { id } = await books.createApp({ orgId: org.id, name: 'Demo' }, ALICE);
    const { key, secret } = await books.createSecret(id, { name: 'backend' }, { kind: 'key', id: 'key-1' });
    await books.updateApp(id, { name: 'New', settings: { maxTracks: 9 } }, ALICE);
    await rejectsWith('version_conflict', books.updateApp(id, { name: 'late', ifVersion: 1 }, ALICE));
    const entries = await books.listAudit(org.id, PAGE);

    assert.deepEqual(
      entries.map(({ action, actor, subject, appId }) => [action, actor, subject, appId]),
      [
        ['app.changed', ALICE, 'name, maxTracks', id],
        ['key.created', { kind: 'key', id: 'key-1' }, key.id, id],
        ['app.created', ALICE, 'Demo', id],
        ['org.created', OPERATOR, 'Example', undefined],
      ],
    );
    assert.ok(!JSON.stringify(entries).includes(secret));
    const [first, second] = entries;
    assert.deepEqual(await books.listAudit(org.id, { limit: 1, after: String(first?.id) }), [second]);
  }),
  {
    name: 'is set up once, with the newest token',
    async run(open) {
      const { books } = await open();
      const former = await books.openSetUp();
      const token = await books.openSetUp();
      await rejectsWith('unauthorized', books.completeSetUp(former ?? '', 'Example'));
      const asked = await Promise.allSettled([1, 2].map(() => books.completeSetUp(token ?? '', 'Example')));
      const [done] = asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));

      assert.equal(asked.filter(({ status }) => status === 'fulfilled').length, 1);
      assert.deepEqual(await books.listOrgs(PAGE), [done?.org]);
      assert.deepEqual(await books.findAdminKey(digestSecret(done?.issued.secret ?? '')), done?.issued.key);
      assert.equal(await books.openSetUp(), undefined);
    },
  },
  contractCase('gives changes made at the same time serials of their own', async ({ books, org }) => {
    const apps = await Promise.all(['a', 'b', 'c', 'd'].map((name) => books.createApp({ orgId: org.id, name }, ALICE)));
    await Promise.all(apps.map(({ id }) => books.createSecret(id, { name: 'backend' }, ALICE)));

    const { changed, serial } = await books.appChanges(0);
    assert.equal(changed.length, 4);
    assert.ok(changed.every(({ secretDigests }) => secretDigests.length === 1));
    assert.equal(serial, 8);
  }),
  contractCase('lets one of those have a limited place who ask for it at the same time', async ({ books, org }) => {
    const { id } = await books.createApp({ orgId: org.id, name: 'Demo' }, ALICE);
    const asked = await Promise.allSettled([1, 2, 3, 4].map((name) => books.createSecret(id, { name: String(name) }, ALICE)));

    assert.equal(asked.filter(({ status }) => status === 'fulfilled').length, 2);
  }),
];

function contractCase(name: string, check: (world: World) => Promise<void>): BooksContractCase {
  return {
    name,
    async run(open) {
      const opened = await open();
      await check({ ...opened, org: await opened.books.createOrg('Example', OPERATOR) });
    },
  };
}

async function rejectsWith(code: string, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, (error) => error instanceof SfuError && error.code === code);
}
