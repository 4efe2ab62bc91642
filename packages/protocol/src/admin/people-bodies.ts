/** Requests and replies of the admin API about people: signing in, members and invitations. */
import { z } from 'zod';
import { TOKEN_ACTIONS } from '../tokens/token-grants.ts';
import { AdminKey, AdminOrg, Name, Time } from './admin-bodies.ts';
import { FactorCode } from './factor-bodies.ts';
import { ROLES } from './roles.ts';

/** The shortest password that a person may choose. NIST SP 800-63B-4 §3.1.1.2 requires it where a password is the only factor. */
export const MIN_PASSWORD_LENGTH = 15;
const MAX_PASSWORD_LENGTH = 256;
const MAX_TOKEN_TEXT_LENGTH = 128;

const Email = z
  .string()
  .trim()
  .max(254)
  .regex(/^[^\s@]+@[^\s@]+$/, 'must be an e-mail address');
const NewPassword = z
  .string()
  .min(MIN_PASSWORD_LENGTH, `must have at least ${MIN_PASSWORD_LENGTH} characters; a few words will do`)
  .max(MAX_PASSWORD_LENGTH);
const Password = z.string().max(MAX_PASSWORD_LENGTH);
const OneTimeToken = z.string().max(MAX_TOKEN_TEXT_LENGTH);

/** A member's role in an organisation. */
export const AdminRole = z.enum(ROLES).meta({
  description:
    '`owner` may do everything, `admin` everything but change owners, `developer` changes apps and keys, `billing` and `viewer` only read',
});

/** A person who can sign in. */
export const AdminPerson = z.object({ id: z.string(), email: z.string(), name: z.string() });
export type AdminPerson = z.infer<typeof AdminPerson>;

/** The sign-up of the first person, who becomes the owner of the first organisation. */
export const SignUpRequest = z.object({
  setUpToken: OneTimeToken.meta({ description: 'The token that the node prints when it starts' }),
  organisation: Name,
  email: Email,
  name: Name,
  password: NewPassword,
});
export type SignUpRequest = z.infer<typeof SignUpRequest>;

/** The credentials of a person. */
export const SignInRequest = z.object({ email: z.string().max(254), password: Password, code: FactorCode.optional() });
export type SignInRequest = z.infer<typeof SignInRequest>;

/** A person's membership of an organisation. */
export const AdminMembership = z.object({ organisation: AdminOrg, role: AdminRole });
export type AdminMembership = z.infer<typeof AdminMembership>;

/** The caller: a person with their organisations, or a key with the organisation that it manages. */
export const WhoAmIReply = z.object({
  person: AdminPerson.optional().meta({ description: 'Missing for a key' }),
  key: AdminKey.optional().meta({ description: 'Missing for a person' }),
  organisation: AdminOrg.optional().meta({ description: 'The organisation that the key manages; missing for a person' }),
  memberships: z.array(AdminMembership).meta({ description: 'By the name of the organisation' }),
});
export type WhoAmIReply = z.infer<typeof WhoAmIReply>;

/** A new password. All other sign-ins of the person end. */
export const ChangePasswordRequest = z.object({ present: Password, next: NewPassword });
export type ChangePasswordRequest = z.infer<typeof ChangePasswordRequest>;

/** A member of an organisation. */
export const AdminMember = z.object({ person: AdminPerson, role: AdminRole, joinedAt: Time });
export type AdminMember = z.infer<typeof AdminMember>;

/** The members of an organisation, by e-mail address. */
export const AdminMemberList = z.object({ members: z.array(AdminMember) });
export type AdminMemberList = z.infer<typeof AdminMemberList>;

/** The new role of a member. */
export const PatchMemberRequest = z.object({ role: AdminRole });
export type PatchMemberRequest = z.infer<typeof PatchMemberRequest>;

/** An invitation that has not been accepted yet. */
export const AdminInvitation = z.object({ id: z.string(), email: z.string(), role: AdminRole, createdAt: Time, expiresAt: Time });
export type AdminInvitation = z.infer<typeof AdminInvitation>;

/** Open invitations, newest first. */
export const AdminInvitationList = z.object({ invitations: z.array(AdminInvitation) });
export type AdminInvitationList = z.infer<typeof AdminInvitationList>;

/** A person to invite, and their role. */
export const CreateInvitationRequest = z.object({ email: Email, role: AdminRole });
export type CreateInvitationRequest = z.infer<typeof CreateInvitationRequest>;

/** An invitation with its token, which is shown only once. The node sends no mail, so pass the link on yourself. */
export const CreateInvitationReply = z.object({
  invitation: AdminInvitation,
  token: z.string().meta({ description: 'Shown only in this reply; the invitation is accepted at `/invitation#<token>`' }),
});
export type CreateInvitationReply = z.infer<typeof CreateInvitationReply>;

/** Asks what an invitation is for. */
export const ReadInvitationRequest = z.object({ invitationToken: OneTimeToken });
export type ReadInvitationRequest = z.infer<typeof ReadInvitationRequest>;

/** The content of an invitation. */
export const ReadInvitationReply = z.object({
  organisation: z.string().meta({ description: 'Name of the organisation' }),
  email: z.string(),
  role: AdminRole,
  isKnown: z.boolean().meta({ description: 'Whether a person with this address exists; they accept with their present password' }),
});
export type ReadInvitationReply = z.infer<typeof ReadInvitationReply>;

/** Accepts an invitation. */
export const AcceptInvitationRequest = z.object({
  invitationToken: OneTimeToken,
  name: Name.optional().meta({ description: 'Required from a new person' }),
  password: Password.meta({ description: `At least ${MIN_PASSWORD_LENGTH} characters from a new person` }),
  code: FactorCode.optional(),
});
export type AcceptInvitationRequest = z.infer<typeof AcceptInvitationRequest>;

/** The token with which a person calls the API of an app, as the console does. */
export const AppTokenReply = z.object({
  token: z.string(),
  expiresAt: Time,
  actions: z.array(z.enum(TOKEN_ACTIONS)).meta({ description: 'The actions that it allows, by the role of the person' }),
});
export type AppTokenReply = z.infer<typeof AppTokenReply>;

const LINK_STATES = ['waiting', 'connecting', 'greeting', 'up', 'silent', 'refused', 'closed'] as const;

/** The state of a link, over which media is relayed between two nodes. */
export const AdminNodeLink = z.object({
  state: z.enum(LINK_STATES).meta({ description: 'Only a link that is `up` carries media' }),
  rttMs: z.number().optional().meta({ description: 'Round trip in milliseconds, as last measured' }),
  lossRatio: z.number().optional().meta({ description: 'Share of packets that did not arrive at the first try; 0 to 1' }),
});
export type AdminNodeLink = z.infer<typeof AdminNodeLink>;

/** A live node, as the cluster knows it. */
export const AdminNode = z.object({
  nodeNo: z.int().meta({ description: 'The number in the ids of its sessions' }),
  region: z.string(),
  state: z.enum(['serving', 'stressed', 'draining']),
  load: z.number().meta({ description: '0 (idle) to 1 (full)' }),
  version: z.string().meta({ description: 'Version of its software' }),
  location: z
    .object({ latitudeDegrees: z.number(), longitudeDegrees: z.number() })
    .optional()
    .meta({ description: 'As configured by its operator' }),
  link: AdminNodeLink.optional().meta({ description: 'The link of the node that replies to this one; missing if there is none' }),
  isSelf: z.boolean().meta({ description: 'Whether it is the node that replies' }),
  mediaPort: z.int().optional().meta({ description: 'UDP port for media and plain STUN ; only for the node that replies' }),
});
export type AdminNode = z.infer<typeof AdminNode>;

/** All live nodes, by number. */
export const AdminNodeList = z.object({ nodes: z.array(AdminNode) });
export type AdminNodeList = z.infer<typeof AdminNodeList>;
