/** What the admin API takes and replies about people: signing in, members and invitations. */
import { z } from 'zod';
import { TOKEN_ACTIONS } from '../tokens/token-grants.ts';
import { AdminKey, AdminOrg, Name, Time } from './admin-bodies.ts';
import { FactorCode } from './factor-bodies.ts';
import { ROLES } from './roles.ts';

/** The shortest password that someone may choose, as NIST SP 800-63B-4 §3.1.1.2 asks where a password is the only factor. */
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

/** What someone is in an organisation. */
export const AdminRole = z.enum(ROLES).meta({
  description: '`owner` may do everything, `admin` all but change owners, `developer` changes apps and keys, `billing` and `viewer` look',
});

/** Someone who can sign in. */
export const AdminPerson = z.object({ id: z.string(), email: z.string(), name: z.string() });
export type AdminPerson = z.infer<typeof AdminPerson>;

/** The first person, who becomes the owner of the first organisation. */
export const SignUpRequest = z.object({
  setUpToken: OneTimeToken.meta({ description: 'As the node has printed it at its start' }),
  organisation: Name,
  email: Email,
  name: Name,
  password: NewPassword,
});
export type SignUpRequest = z.infer<typeof SignUpRequest>;

/** What someone signs in with. */
export const SignInRequest = z.object({ email: z.string().max(254), password: Password, code: FactorCode.optional() });
export type SignInRequest = z.infer<typeof SignInRequest>;

/** What someone is in one organisation. */
export const AdminMembership = z.object({ organisation: AdminOrg, role: AdminRole });
export type AdminMembership = z.infer<typeof AdminMembership>;

/** Who calls: a person with their organisations, or a key with the one that it manages. */
export const WhoAmIReply = z.object({
  person: AdminPerson.optional().meta({ description: 'Missing for a key' }),
  key: AdminKey.optional().meta({ description: 'Missing for a person' }),
  organisation: AdminOrg.optional().meta({ description: 'The one that the key manages; missing for a person' }),
  memberships: z.array(AdminMembership).meta({ description: 'By the name of the organisation' }),
});
export type WhoAmIReply = z.infer<typeof WhoAmIReply>;

/** A new password. All other sign-ins of the person end. */
export const ChangePasswordRequest = z.object({ present: Password, next: NewPassword });
export type ChangePasswordRequest = z.infer<typeof ChangePasswordRequest>;

/** A member of an organisation. */
export const AdminMember = z.object({ person: AdminPerson, role: AdminRole, joinedAt: Time });
export type AdminMember = z.infer<typeof AdminMember>;

/** The members of an organisation, by address. */
export const AdminMemberList = z.object({ members: z.array(AdminMember) });
export type AdminMemberList = z.infer<typeof AdminMemberList>;

/** What a member is to be. */
export const PatchMemberRequest = z.object({ role: AdminRole });
export type PatchMemberRequest = z.infer<typeof PatchMemberRequest>;

/** An invitation that was not accepted yet. */
export const AdminInvitation = z.object({ id: z.string(), email: z.string(), role: AdminRole, createdAt: Time, expiresAt: Time });
export type AdminInvitation = z.infer<typeof AdminInvitation>;

/** Invitations that can be accepted, the newest first. */
export const AdminInvitationList = z.object({ invitations: z.array(AdminInvitation) });
export type AdminInvitationList = z.infer<typeof AdminInvitationList>;

/** Who is to be invited, and as what. */
export const CreateInvitationRequest = z.object({ email: Email, role: AdminRole });
export type CreateInvitationRequest = z.infer<typeof CreateInvitationRequest>;

/** An invitation, and the one time that its token is told. The node sends no mail: hand the link over yourself. */
export const CreateInvitationReply = z.object({
  invitation: AdminInvitation,
  token: z.string().meta({ description: 'Shown in this reply alone; `/invitation#<token>` is where it is accepted' }),
});
export type CreateInvitationReply = z.infer<typeof CreateInvitationReply>;

/** The bearer of an invitation, who asks what it is for. */
export const ReadInvitationRequest = z.object({ invitationToken: OneTimeToken });
export type ReadInvitationRequest = z.infer<typeof ReadInvitationRequest>;

/** What an invitation is for. */
export const ReadInvitationReply = z.object({
  organisation: z.string().meta({ description: 'Its name' }),
  email: z.string(),
  role: AdminRole,
  isKnown: z.boolean().meta({ description: 'Whether this address can sign in already, and accepts with the password that it has' }),
});
export type ReadInvitationReply = z.infer<typeof ReadInvitationReply>;

/** The bearer of an invitation, who accepts it. */
export const AcceptInvitationRequest = z.object({
  invitationToken: OneTimeToken,
  name: Name.optional().meta({ description: 'Needed from someone new' }),
  password: Password.meta({ description: `At least ${MIN_PASSWORD_LENGTH} characters from someone new` }),
  code: FactorCode.optional(),
});
export type AcceptInvitationRequest = z.infer<typeof AcceptInvitationRequest>;

/** The token with which a person calls the API of an app, as the console does. */
export const AppTokenReply = z.object({
  token: z.string(),
  expiresAt: Time,
  actions: z.array(z.enum(TOKEN_ACTIONS)).meta({ description: 'What it lets the person do, by their role' }),
});
export type AppTokenReply = z.infer<typeof AppTokenReply>;

/** One live node, as the cluster knows it. */
export const AdminNode = z.object({
  nodeNo: z.int().meta({ description: 'The number in the ids of its sessions' }),
  region: z.string(),
  state: z.enum(['serving', 'stressed', 'draining']),
  load: z.number().meta({ description: '0 (idle) to 1 (full)' }),
  version: z.string().meta({ description: 'Of its software' }),
  location: z
    .object({ latitudeDegrees: z.number(), longitudeDegrees: z.number() })
    .optional()
    .meta({ description: 'As its operator has configured it' }),
  isSelf: z.boolean().meta({ description: 'Whether it is the one that replies' }),
  mediaPort: z.int().optional().meta({ description: 'UDP port for media and plain STUN of the node that replies; missing for others' }),
});
export type AdminNode = z.infer<typeof AdminNode>;

/** All live nodes, by number. */
export const AdminNodeList = z.object({ nodes: z.array(AdminNode) });
export type AdminNodeList = z.infer<typeof AdminNodeList>;
