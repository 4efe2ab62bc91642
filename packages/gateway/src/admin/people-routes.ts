import type { Accounts, Invitation, Member, Membership, Person, SignedIn } from '@causeway/accounts';
import {
  AcceptInvitationRequest,
  type AdminInvitation,
  type AdminMember,
  type AdminMembership,
  type AdminPerson,
  ChangePasswordRequest,
  CreateInvitationRequest,
  MIN_PASSWORD_LENGTH,
  PasskeySignInRequest,
  PatchMemberRequest,
  parseRequest,
  ReadInvitationRequest,
  type Role,
  SfuError,
  SignInRequest,
  SignUpRequest,
  type WhoAmIReply,
} from '@causeway/protocol';
import { keyBody, orgBody, timeText } from './admin-bodies.ts';
import type { AdminCall, AdminReply, AdminRoute } from './admin-route.ts';
import { endAppTokens } from './app-tokens.ts';
import { siteOf } from './factor-routes.ts';
import { actorOf, ownOrg, requireRight } from './owned.ts';

const DONE: AdminReply = { body: { success: true } };

/** Endpoints for signing up, in and out. */
export const SIGN_IN_ROUTES: readonly AdminRoute[] = [
  {
    operationId: 'signUp',
    access: 'open',
    setsCookie: true,
    method: 'post',
    path: '/sign-up',
    summary: 'Create the first organisation and its owner',
    description: 'Requires the one-time token in the link that a node prints when it starts and there is no organisation yet.',
    request: 'SignUpRequest',
    reply: 'WhoAmIReply',
    errors: ['unauthorized', 'forbidden'],
    async handle({ accounts, body }) {
      const { setUpToken, organisation, ...person } = parseRequest(SignUpRequest, body);
      return signedInReply(await accounts.signUp(setUpToken, organisation, person));
    },
  },
  {
    operationId: 'signIn',
    access: 'open',
    setsCookie: true,
    method: 'post',
    path: '/sign-in',
    summary: 'Sign in, for the pages of this node',
    description:
      'Sets a cookie. An unknown address and a wrong password get the same reply. Someone with an authenticator who sends no `code` gets `code_required`.',
    request: 'SignInRequest',
    reply: 'WhoAmIReply',
    errors: ['unauthorized', 'code_required', 'code_invalid', 'forbidden'],
    async handle({ accounts, body }) {
      const { email, password, code } = parseRequest(SignInRequest, body);
      return signedInReply(await accounts.signIn(email, password, code));
    },
  },
  {
    operationId: 'offerPasskeySignIn',
    access: 'open',
    method: 'post',
    path: '/sign-in/passkey/options',
    summary: 'Request the options for using a passkey',
    reply: 'PasskeyOptionsReply',
    errors: [],
    handle: async (call) => ({ body: await call.accounts.offerPasskeySignIn(siteOf(call)) }),
  },
  {
    operationId: 'signInWithPasskey',
    access: 'open',
    setsCookie: true,
    method: 'post',
    path: '/sign-in/passkey',
    summary: 'Sign in with a passkey, for the pages of this node',
    description: 'Sets a cookie. No password or code is needed, because the device has verified the person by fingerprint or PIN.',
    request: 'PasskeySignInRequest',
    reply: 'WhoAmIReply',
    errors: ['unauthorized', 'forbidden'],
    async handle(call) {
      const { response } = parseRequest(PasskeySignInRequest, call.body);
      return signedInReply(await call.accounts.signInWithPasskey(response, siteOf(call)));
    },
  },
  {
    operationId: 'signOut',
    access: 'person',
    setsCookie: true,
    method: 'post',
    path: '/sign-out',
    summary: 'End the sign-in',
    reply: 'RemovedReply',
    errors: ['forbidden'],
    async handle({ accounts, caller }) {
      if (caller.kind === 'person') await accounts.signOut(caller.digest);
      return { ...DONE, signIn: 'ended' };
    },
  },
  {
    operationId: 'whoAmI',
    access: 'admin',
    method: 'get',
    path: '/me',
    summary: 'Describe the caller and its organisations',
    reply: 'WhoAmIReply',
    errors: [],
    async handle({ caller, books }) {
      if (caller.kind === 'person') return { body: personReply(caller) };
      if (caller.kind === 'stranger') return { body: { memberships: [] } };
      const org = await books.findOrg(caller.key.orgId);
      return {
        body: { organisation: orgBody(org), key: keyBody(caller.key), memberships: [membershipBody({ org, role: 'owner' })] },
      };
    },
  },
  {
    operationId: 'changePassword',
    access: 'person',
    method: 'post',
    path: '/me/password',
    summary: 'Change the password',
    description: 'All other sign-ins of the person end.',
    request: 'ChangePasswordRequest',
    reply: 'RemovedReply',
    errors: ['unauthorized', 'forbidden'],
    async handle({ accounts, caller, body }) {
      const { present, next } = parseRequest(ChangePasswordRequest, body);
      if (caller.kind === 'person') await accounts.changePassword(caller.person.id, present, next, caller.digest);
      return DONE;
    },
  },
  {
    operationId: 'readInvitation',
    access: 'open',
    method: 'post',
    path: '/invitations/read',
    summary: 'Describe an invitation',
    request: 'ReadInvitationRequest',
    reply: 'ReadInvitationReply',
    errors: ['invitation_not_found'],
    async handle({ accounts, body }) {
      const { invitationToken } = parseRequest(ReadInvitationRequest, body);
      const { org, email, role, isKnown } = await accounts.readInvitation(invitationToken);
      return { body: { organisation: org.name, email, role, isKnown } };
    },
  },
  {
    operationId: 'acceptInvitation',
    access: 'open',
    setsCookie: true,
    method: 'post',
    path: '/invitations/accept',
    summary: 'Accept an invitation',
    request: 'AcceptInvitationRequest',
    reply: 'WhoAmIReply',
    errors: ['unauthorized', 'code_required', 'code_invalid', 'forbidden', 'invitation_not_found'],
    async handle({ accounts, body }) {
      const { invitationToken, name, password, code } = parseRequest(AcceptInvitationRequest, body);
      await checkNewcomer(accounts, invitationToken, name, password);
      return signedInReply(await accounts.acceptInvitation(invitationToken, { name: name ?? '', password }, code));
    },
  },
];

/** Endpoints for the members of an organisation. */
export const MEMBER_ROUTES: readonly AdminRoute[] = [
  {
    operationId: 'listMembers',
    access: 'admin',
    method: 'get',
    path: '/organisations/:org_id/members',
    summary: 'List the members of an organisation',
    reply: 'AdminMemberList',
    errors: ['org_not_found'],
    handle: async (call) => ({ body: { members: (await call.accounts.listMembers((await ownOrg(call, 'read')).id)).map(memberBody) } }),
  },
  {
    operationId: 'changeMember',
    access: 'admin',
    method: 'patch',
    path: '/organisations/:org_id/members/:person_id',
    summary: 'Change the role of a member',
    description: 'Tokens of the member for apps of the organisation end.',
    request: 'PatchMemberRequest',
    reply: 'AdminMember',
    errors: ['org_not_found', 'forbidden', 'member_not_found', 'member_conflict'],
    async handle(call) {
      const org = await ownOrg(call, 'administer');
      const { role } = parseRequest(PatchMemberRequest, call.body);
      const { person_id: personId = '' } = call.params;
      await protectOwners(call, org.id, personId, role);
      const member = await call.accounts.changeRole(org.id, personId, role, actorOf(call));
      await endAppTokens(call, org.id, personId);
      return { body: memberBody(member) };
    },
  },
  {
    operationId: 'removeMember',
    access: 'admin',
    method: 'delete',
    path: '/organisations/:org_id/members/:person_id',
    summary: 'Remove a member from an organisation',
    description: 'Tokens of the member for apps of the organisation end.',
    reply: 'RemovedReply',
    errors: ['org_not_found', 'forbidden', 'member_not_found', 'member_conflict'],
    async handle(call) {
      const { person_id: personId = '' } = call.params;
      // Every member may leave.
      const isSelf = call.caller.kind === 'person' && call.caller.person.id === personId;
      const org = await ownOrg(call, isSelf ? 'read' : 'administer');
      if (!isSelf) await protectOwners(call, org.id, personId, undefined);
      await call.accounts.removeMember(org.id, personId, actorOf(call));
      await endAppTokens(call, org.id, personId);
      return DONE;
    },
  },
  {
    operationId: 'listInvitations',
    access: 'admin',
    method: 'get',
    path: '/organisations/:org_id/invitations',
    summary: 'List open invitations',
    reply: 'AdminInvitationList',
    errors: ['org_not_found', 'forbidden'],
    async handle(call) {
      const { id } = await ownOrg(call, 'administer');
      return { body: { invitations: (await call.accounts.listInvitations(id)).map(invitationBody) } };
    },
  },
  {
    operationId: 'createInvitation',
    access: 'admin',
    method: 'post',
    path: '/organisations/:org_id/invitations',
    summary: 'Invite a person, for a week',
    description: 'The node sends no mail, so pass the link on yourself. It replaces an earlier invitation for the same address.',
    request: 'CreateInvitationRequest',
    reply: 'CreateInvitationReply',
    errors: ['org_not_found', 'forbidden', 'member_conflict'],
    async handle(call) {
      const { id } = await ownOrg(call, 'administer');
      const wanted = parseRequest(CreateInvitationRequest, call.body);
      if (wanted.role === 'owner') requireRight(call, id, 'own');
      const { invitation, token } = await call.accounts.invite(id, wanted, actorOf(call));
      return { body: { invitation: invitationBody(invitation), token } };
    },
  },
  {
    operationId: 'withdrawInvitation',
    access: 'admin',
    method: 'delete',
    path: '/organisations/:org_id/invitations/:invitation_id',
    summary: 'Withdraw an invitation',
    reply: 'RemovedReply',
    errors: ['org_not_found', 'forbidden', 'invitation_not_found'],
    async handle(call) {
      const { id } = await ownOrg(call, 'administer');
      await call.accounts.withdrawInvitation(id, call.params.invitation_id ?? '', actorOf(call));
      return DONE;
    },
  },
];

/** Only an owner may add, change or remove owners. @param role undefined if the member is removed */
async function protectOwners(call: AdminCall, orgId: string, personId: string, role: Role | undefined): Promise<void> {
  const members = await call.accounts.listMembers(orgId);
  const isOwner = members.some((member) => member.person.id === personId && member.role === 'owner');
  if (isOwner || role === 'owner') requireRight(call, orgId, 'own');
}

/** A new person needs a name, and a password of sufficient length. */
async function checkNewcomer(accounts: Accounts, token: string, name: string | undefined, password: string): Promise<void> {
  const { isKnown } = await accounts.readInvitation(token);
  if (isKnown) return;
  if (name === undefined) throw new SfuError('invalid_params', 'name: is required for a new person', { details: { path: 'name' } });
  if (password.length < MIN_PASSWORD_LENGTH) {
    const message = `password: must have at least ${MIN_PASSWORD_LENGTH} characters; a few words will do`;
    throw new SfuError('invalid_params', message, { details: { path: 'password' } });
  }
}

/** Describes the person who has just signed in, and sets the cookie. */
export function signedInReply(signIn: Awaited<ReturnType<Accounts['signIn']>>): AdminReply {
  return { body: personReply(signIn), signIn };
}

function personReply({ person, memberships }: SignedIn): WhoAmIReply {
  return { person: personBody(person), memberships: memberships.map(membershipBody) };
}

function personBody({ id, email, name }: Person): AdminPerson {
  return { id, email, name };
}

function membershipBody({ org, role }: Membership): AdminMembership {
  return { organisation: orgBody(org), role };
}

function memberBody({ person, role, joinedAtMs }: Member): AdminMember {
  return { person: personBody(person), role, joinedAt: timeText(joinedAtMs) };
}

function invitationBody({ id, email, role, createdAtMs, expiresAtMs }: Invitation): AdminInvitation {
  return { id, email, role, createdAt: timeText(createdAtMs), expiresAt: timeText(expiresAtMs) };
}
