/**
 * The test cases that every implementation of `Accounts` must pass, for any test framework:
 * `test.each(accountsContract)('$name', ({ run }) => run(open))`.
 */
import assert from 'node:assert/strict';
import { SfuError } from '@causeway/protocol';
import { digestSecret } from '../app/secret.ts';
import type { Actor, Books, Org } from '../books/books.ts';
import {
  type Accounts,
  CODE_WAIT_MS,
  FREE_CODE_TRIES,
  INVITATION_LIFE_MS,
  type OpenedSignIn,
  RECOVERY_CODES,
  SIGN_IN_IDLE_MS,
  SIGN_IN_LIFE_MS,
} from './accounts.ts';
import { totpAt } from './totp.ts';

/** Empty books with their accounts, and control over their clock. */
export interface AccountsForContract {
  readonly books: Books;
  readonly accounts: Accounts;
  /** Advances the clock of the books. */
  advance(ms: number): void;
  nowMs(): number;
}

/** One test case. */
export interface AccountsContractCase {
  readonly name: string;
  /** @param open creates empty books; called once per case */
  run(open: () => Promise<AccountsForContract>): Promise<void>;
}

interface World extends AccountsForContract {
  readonly org: Org;
  /** The sign-in of the owner who has signed up. */
  readonly ada: OpenedSignIn;
  /** Invites a person who then accepts. */
  join(email: string, role: 'owner' | 'admin' | 'viewer'): Promise<OpenedSignIn>;
}

const OPERATOR: Actor = { kind: 'operator' };
const ADA = { email: 'Ada@Example.org ', name: 'Ada', password: 'correct horse' };
const PASSWORD = 'battery staple';
const DAY_MS = 86_400_000;
const STEP_MS = 30_000;

/** All cases; each has its own empty books. */
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
  contractCase('asks for a code once one was confirmed, and takes none twice', async (world) => {
    const { accounts, ada } = world;
    const id = ada.person.id;
    await rejectsWith('unauthorized', accounts.offerTotp(id, 'wrong', 'sfu.example'));
    const replaced = await accounts.offerTotp(id, ADA.password, 'sfu.example');
    const { seed, uri } = await accounts.offerTotp(id, ADA.password, 'sfu.example');
    assert.notEqual(seed, replaced.seed);
    assert.ok(uri.startsWith(`otpauth://totp/sfu.example:ada%40example.org?secret=${seed}&`));
    const kept = await accounts.signIn(ADA.email, ADA.password);
    await rejectsWith('code_invalid', accounts.confirmTotp(id, codeOf(replaced.seed, world.nowMs()), digestSecret(kept.token)));
    const confirmed = codeOf(seed, world.nowMs());
    const recovery = await accounts.confirmTotp(id, confirmed, digestSecret(kept.token));

    assert.equal(recovery.length, RECOVERY_CODES);
    assert.deepEqual(await accounts.readFactors(id), {
      totp: { isOn: true, recoveryCodesLeft: RECOVERY_CODES },
      passkeys: [],
      oidc: undefined,
      hasPassword: true,
    });
    assert.equal(await accounts.findSignIn(digestSecret(ada.token)), undefined);
    assert.notEqual(await accounts.findSignIn(digestSecret(kept.token)), undefined);
    await rejectsWith('factor_conflict', accounts.offerTotp(id, ADA.password, 'sfu.example'));
    await rejectsWith('factor_conflict', accounts.confirmTotp(id, confirmed, digestSecret(kept.token)));
    await rejectsWith('code_required', accounts.signIn(ADA.email, ADA.password));
    await rejectsWith('unauthorized', accounts.signIn(ADA.email, 'wrong', codeOf(seed, world.nowMs() + STEP_MS)));
    await rejectsWith('code_invalid', accounts.signIn(ADA.email, ADA.password, confirmed));
    await accounts.signIn(ADA.email, ADA.password, codeOf(seed, world.nowMs() + STEP_MS));
    await rejectsWith('code_invalid', accounts.signIn(ADA.email, ADA.password, codeOf(seed, world.nowMs() + STEP_MS)));
  }),
  contractCase('lets one of two sign-ins in that send the same code at once', async (world) => {
    const { accounts } = world;
    const { seed } = await turnTotpOn(world);
    world.advance(STEP_MS);
    const code = codeOf(seed, world.nowMs());
    const tries = await Promise.allSettled([
      accounts.signIn(ADA.email, ADA.password, code),
      accounts.signIn(ADA.email, ADA.password, code),
    ]);

    assert.deepEqual(tries.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  }),
  contractCase('takes a recovery code once, however it is typed', async (world) => {
    const { accounts, ada } = world;
    const { recovery } = await turnTotpOn(world);
    const [first = '', second = ''] = recovery;
    await accounts.signIn(ADA.email, ADA.password, ` ${first.toUpperCase().replaceAll('-', ' ')}`);
    await rejectsWith('code_invalid', accounts.signIn(ADA.email, ADA.password, first));
    await accounts.signIn(ADA.email, ADA.password, second);

    assert.equal((await accounts.readFactors(ada.person.id)).totp.recoveryCodesLeft, RECOVERY_CODES - 2);
  }),
  contractCase('lets codes be guessed a few times, then ever more slowly, and right ones wait, too', async (world) => {
    const { accounts } = world;
    const { seed } = await turnTotpOn(world);
    const guess = () => accounts.signIn(ADA.email, ADA.password, '000000');
    for (let tries = 0; tries < FREE_CODE_TRIES; tries++) await rejectsWith('code_invalid', guess());
    await rejectsWith('rate_limited', accounts.signIn(ADA.email, ADA.password, codeOf(seed, world.nowMs())));
    world.advance(CODE_WAIT_MS);
    await rejectsWith('code_invalid', guess());
    world.advance(CODE_WAIT_MS);
    await rejectsWith('rate_limited', guess());
    world.advance(CODE_WAIT_MS);
    await accounts.signIn(ADA.email, ADA.password, codeOf(seed, world.nowMs()));
    await rejectsWith('code_invalid', guess());
  }),
  contractCase('removes an authenticator by password and code, and notes it', async (world) => {
    const { accounts, ada, books, org } = world;
    const id = ada.person.id;
    await rejectsWith('factor_conflict', accounts.removeTotp(id, ADA.password, '000000'));
    const { seed } = await turnTotpOn(world);
    world.advance(STEP_MS);
    await rejectsWith('unauthorized', accounts.removeTotp(id, 'wrong', codeOf(seed, world.nowMs())));
    await rejectsWith('code_invalid', accounts.removeTotp(id, ADA.password, '000000'));
    await accounts.removeTotp(id, ADA.password, codeOf(seed, world.nowMs()));
    await accounts.signIn(ADA.email, ADA.password);

    const entries = await books.listAudit(org.id, { limit: 2 });
    assert.deepEqual(
      entries.map(({ action }) => action),
      ['person.totp-removed', 'person.totp-added'],
    );
    assert.ok(!JSON.stringify(entries).includes(seed));
  }),
  contractCase('starts from the beginning with someone who was removed and is invited again', async (world) => {
    const { accounts, org, join } = world;
    const bob = await join('bob@example.org', 'viewer');
    await turnTotpOn(world, bob);
    await accounts.removeMember(org.id, bob.person.id, OPERATOR);
    const { token } = await accounts.invite(org.id, { email: 'bob@example.org', role: 'viewer' }, OPERATOR);

    assert.equal((await accounts.readInvitation(token)).isKnown, false);
    const again = await accounts.acceptInvitation(token, { name: 'Bob', password: 'a new one' });
    assert.equal(again.person.id, bob.person.id);
    assert.equal(await accounts.findSignIn(digestSecret(bob.token)), undefined);
    await rejectsWith('unauthorized', accounts.signIn('bob@example.org', PASSWORD));
    await accounts.signIn('bob@example.org', 'a new one');
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
  contractCase('lets a person who is known accept with their own password and code alone', async (world) => {
    const { accounts, books, join } = world;
    const known = await join('bob@example.org', 'viewer');
    const other = await books.createOrg('Other', OPERATOR);
    const { token } = await accounts.invite(other.id, { email: 'bob@example.org', role: 'admin' }, OPERATOR);

    assert.equal((await accounts.readInvitation(token)).isKnown, true);
    await rejectsWith('unauthorized', accounts.acceptInvitation(token, { name: 'Mallory', password: 'a guess' }));
    const { seed } = await turnTotpOn(world, known);
    await rejectsWith('code_required', accounts.acceptInvitation(token, { name: 'Mallory', password: PASSWORD }));
    world.advance(STEP_MS);
    const code = codeOf(seed, world.nowMs());
    const bob = await accounts.acceptInvitation(token, { name: 'Mallory', password: PASSWORD }, code);
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

/** Turns on an authenticator for a person. */
async function turnTotpOn(world: World, { person, token }: OpenedSignIn = world.ada) {
  const password = person.id === world.ada.person.id ? ADA.password : PASSWORD;
  const { seed } = await world.accounts.offerTotp(person.id, password, 'sfu.example');
  const recovery = await world.accounts.confirmTotp(person.id, codeOf(seed, world.nowMs()), digestSecret(token));
  return { seed, recovery };
}

/** Returns the code that an authenticator shows. @param seed in base32 */
function codeOf(seed: string, nowMs: number): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...seed].map((letter) => letters.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const bytes = (bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2));
  return totpAt(Uint8Array.from(bytes), Math.floor(nowMs / STEP_MS));
}

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
