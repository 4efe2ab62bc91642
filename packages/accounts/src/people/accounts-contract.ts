/**
 * What every implementation of `Accounts` must do, as cases to run in any test framework:
 * `test.each(accountsContract)('$name', ({ run }) => run(open))`.
 */
import assert from 'node:assert/strict';
import { SfuError } from '@causeway/protocol';
import { digestSecret } from '../app/secret.ts';
import type { Actor, Books, Org } from '../books/books.ts';
import { type Accounts, INVITATION_LIFE_MS, type OpenedSignIn, SIGN_IN_IDLE_MS, SIGN_IN_LIFE_MS } from './accounts.ts';

/** Empty books with their people, and the clock that they go by. */
export interface AccountsForContract {
  readonly books: Books;
  readonly accounts: Accounts;
  /** Lets time pass. */
  advance(ms: number): void;
}

/** One thing that accounts must do. */
export interface AccountsContractCase {
  readonly name: string;
  /** @param open makes empty books; called once for each case */
  run(open: () => Promise<AccountsForContract>): Promise<void>;
}

interface World extends AccountsForContract {
  readonly org: Org;
  /** The owner, who has signed up. */
  readonly ada: OpenedSignIn;
  /** Has someone invited, and lets them accept. */
  join(email: string, role: 'owner' | 'admin' | 'viewer'): Promise<OpenedSignIn>;
}

const OPERATOR: Actor = { kind: 'operator' };
const ADA = { email: 'Ada@Example.org ', name: 'Ada', password: 'correct horse' };
const PASSWORD = 'battery staple';
const DAY_MS = 86_400_000;

/** All cases, each with empty books of its own. */
export const accountsContract: readonly AccountsContractCase[] = [
  contractCase(
    'signs the first person up with the set-up token, once, as owner of the first organisation',
    async ({ accounts, books, ada, org }) => {
      assert.deepEqual([ada.person.email, ada.person.name], ['ada@example.org', 'Ada']);
      assert.deepEqual(ada.memberships, [{ org, role: 'owner' }]);
      assert.match(ada.token, /^cwp_[A-Za-z0-9_-]{43}$/);
      assert.deepEqual(await accounts.findSignIn(digestSecret(ada.token)), { person: ada.person, memberships: ada.memberships });
      assert.equal(await books.openSetUp(), undefined);
      await rejectsWith('unauthorized', accounts.signUp('cwsetup_wrong', 'Other', { ...ADA, email: 'eve@example.org' }));
    },
  ),
  contractCase('signs in by address, in any case, and password', async ({ accounts, ada }) => {
    const again = await accounts.signIn('ADA@example.ORG', ADA.password);

    assert.deepEqual(again.person, ada.person);
    assert.notEqual(again.token, ada.token);
    assert.notEqual(await accounts.findSignIn(digestSecret(ada.token)), undefined);
  }),
  contractCase('answers an unknown address as it answers a wrong password', async ({ accounts }) => {
    const messages = [];
    for (const [email, password] of [
      ['ada@example.org', 'wrong'],
      ['eve@example.org', ADA.password],
      ['', ''],
    ] as const) {
      const error = await accounts.signIn(email, password).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      assert.ok(error instanceof SfuError && error.code === 'unauthorized');
      messages.push(error.message);
    }
    assert.equal(new Set(messages).size, 1);
  }),
  contractCase('ends a sign-in when it is signed out, and no other', async ({ accounts, ada }) => {
    const other = await accounts.signIn(ADA.email, ADA.password);
    await accounts.signOut(digestSecret(ada.token));
    await accounts.signOut(digestSecret(ada.token));

    assert.equal(await accounts.findSignIn(digestSecret(ada.token)), undefined);
    assert.notEqual(await accounts.findSignIn(digestSecret(other.token)), undefined);
  }),
  contractCase('ends a sign-in that is not used for a week, and every one after a month', async ({ accounts, ada, advance }) => {
    const digest = digestSecret(ada.token);
    assert.equal(ada.expiresAtMs % 1, 0);
    for (let elapsedMs = 0; elapsedMs + SIGN_IN_IDLE_MS - DAY_MS < SIGN_IN_LIFE_MS; elapsedMs += SIGN_IN_IDLE_MS - DAY_MS) {
      assert.notEqual(await accounts.findSignIn(digest), undefined);
      advance(SIGN_IN_IDLE_MS - DAY_MS);
    }
    advance(SIGN_IN_IDLE_MS - DAY_MS);
    assert.equal(await accounts.findSignIn(digest), undefined);

    const idle = await accounts.signIn(ADA.email, ADA.password);
    advance(SIGN_IN_IDLE_MS);
    assert.equal(await accounts.findSignIn(digestSecret(idle.token)), undefined);
  }),
  contractCase('changes a password, and ends the other sign-ins with it', async ({ accounts, ada }) => {
    const other = await accounts.signIn(ADA.email, ADA.password);
    await rejectsWith('unauthorized', accounts.changePassword(ada.person.id, 'wrong', PASSWORD, digestSecret(ada.token)));
    await accounts.changePassword(ada.person.id, ADA.password, PASSWORD, digestSecret(ada.token));

    assert.notEqual(await accounts.findSignIn(digestSecret(ada.token)), undefined);
    assert.equal(await accounts.findSignIn(digestSecret(other.token)), undefined);
    await rejectsWith('unauthorized', accounts.signIn(ADA.email, ADA.password));
    await accounts.signIn(ADA.email, PASSWORD);
  }),
  contractCase('makes an invited stranger a person and a member', async ({ accounts, org, ada }) => {
    const actor: Actor = { kind: 'person', id: ada.person.id };
    const { invitation, token } = await accounts.invite(org.id, { email: ' Bob@example.org', role: 'developer' }, actor);
    assert.match(token, /^cwi_[A-Za-z0-9_-]{43}$/);
    assert.deepEqual(await accounts.listInvitations(org.id), [invitation]);
    assert.deepEqual(await accounts.readInvitation(token), { org, email: 'bob@example.org', role: 'developer', isKnown: false });

    const bob = await accounts.acceptInvitation(token, { name: 'Bob', password: PASSWORD });
    assert.deepEqual(bob.memberships, [{ org, role: 'developer' }]);
    assert.deepEqual(await accounts.listInvitations(org.id), []);
    await rejectsWith('invitation_not_found', accounts.acceptInvitation(token, { name: 'Bob', password: PASSWORD }));
    await rejectsWith('member_conflict', accounts.invite(org.id, { email: 'bob@example.org', role: 'viewer' }, actor));
    assert.deepEqual(
      (await accounts.listMembers(org.id)).map(({ person, role }) => [person.email, role]),
      [
        ['ada@example.org', 'owner'],
        ['bob@example.org', 'developer'],
      ],
    );
  }),
  contractCase('lets a person who is known accept with their own password alone', async ({ accounts, books, join }) => {
    await join('bob@example.org', 'viewer');
    const other = await books.createOrg('Other', OPERATOR);
    const { token } = await accounts.invite(other.id, { email: 'bob@example.org', role: 'admin' }, OPERATOR);

    assert.equal((await accounts.readInvitation(token)).isKnown, true);
    await rejectsWith('unauthorized', accounts.acceptInvitation(token, { name: 'Mallory', password: 'a guess' }));
    const bob = await accounts.acceptInvitation(token, { name: 'Mallory', password: PASSWORD });
    assert.equal(bob.person.name, 'bob');
    assert.deepEqual(
      bob.memberships.map(({ org, role }) => [org.name, role]),
      [
        ['Example', 'viewer'],
        ['Other', 'admin'],
      ],
    );
  }),
  contractCase('takes no invitation that is over, was withdrawn or was replaced', async ({ accounts, org, advance }) => {
    const invite = async () => accounts.invite(org.id, { email: 'bob@example.org', role: 'viewer' }, OPERATOR);
    const replaced = await invite();
    const withdrawn = await invite();
    await rejectsWith('invitation_not_found', accounts.readInvitation(replaced.token));
    await accounts.withdrawInvitation(org.id, withdrawn.invitation.id, OPERATOR);
    await rejectsWith('invitation_not_found', accounts.readInvitation(withdrawn.token));
    await rejectsWith('invitation_not_found', accounts.withdrawInvitation(org.id, withdrawn.invitation.id, OPERATOR));
    const late = await invite();
    await rejectsWith('invitation_not_found', accounts.withdrawInvitation('missing', late.invitation.id, OPERATOR));

    advance(INVITATION_LIFE_MS);
    assert.deepEqual(await accounts.listInvitations(org.id), []);
    await rejectsWith('invitation_not_found', accounts.acceptInvitation(late.token, { name: 'Bob', password: PASSWORD }));
  }),
  contractCase('keeps an owner in every organisation', async ({ accounts, org, ada, join }) => {
    await rejectsWith('member_conflict', accounts.changeRole(org.id, ada.person.id, 'admin', OPERATOR));
    await rejectsWith('member_conflict', accounts.removeMember(org.id, ada.person.id, OPERATOR));
    const bob = await join('bob@example.org', 'owner');

    assert.equal((await accounts.changeRole(org.id, ada.person.id, 'admin', OPERATOR)).role, 'admin');
    await rejectsWith('member_conflict', accounts.removeMember(org.id, bob.person.id, OPERATOR));
    await accounts.removeMember(org.id, ada.person.id, OPERATOR);
    assert.deepEqual((await accounts.findSignIn(digestSecret(ada.token)))?.memberships, []);
    await rejectsWith('member_not_found', accounts.removeMember(org.id, ada.person.id, OPERATOR));
    await rejectsWith('member_not_found', accounts.changeRole(org.id, ada.person.id, 'viewer', OPERATOR));
  }),
  contractCase('notes in the audit who joined, left and became what, and no password', async ({ accounts, books, org, ada, join }) => {
    const bob = await join('bob@example.org', 'viewer');
    const actor: Actor = { kind: 'person', id: ada.person.id };
    await accounts.changeRole(org.id, bob.person.id, 'admin', actor);
    await accounts.changePassword(bob.person.id, PASSWORD, 'another password', digestSecret(bob.token));
    await accounts.removeMember(org.id, bob.person.id, actor);

    const entries = await books.listAudit(org.id, { limit: 6 });
    assert.deepEqual(
      entries.map(({ action }) => action),
      ['member.removed', 'person.password-changed', 'member.changed', 'member.joined', 'member.invited', 'member.joined'],
    );
    assert.deepEqual(entries[0]?.actor, actor);
    assert.ok(!JSON.stringify(entries).includes('another password'));
  }),
];

function contractCase(name: string, check: (world: World) => Promise<void>): AccountsContractCase {
  return {
    name,
    async run(open) {
      const opened = await open();
      const { accounts, books } = opened;
      const ada = await accounts.signUp((await books.openSetUp()) ?? '', 'Example', ADA);
      const [membership] = ada.memberships;
      assert.ok(membership !== undefined);
      const join = async (email: string, role: 'owner' | 'admin' | 'viewer') => {
        const { token } = await accounts.invite(membership.org.id, { email, role }, OPERATOR);
        return accounts.acceptInvitation(token, { name: email.replace(/@.*/, ''), password: PASSWORD });
      };
      await check({ ...opened, ada, org: membership.org, join });
    },
  };
}

async function rejectsWith(code: string, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, (error) => error instanceof SfuError && error.code === code);
}
