/** Requests and replies of the admin API about organisations, apps, keys and the audit. Times are in ISO 8601. */
import { z } from 'zod';
import { AppSettings, AppSettingsPatch } from '../bodies/app-settings.ts';
import { AppId } from '../ids.ts';

const MAX_NAME_LENGTH = 128;
const MAX_PAGE = 100;
const SECONDS_PER_DAY = 86_400;
const MAX_EXPIRY_SECONDS = 10 * 365 * SECONDS_PER_DAY;

/** A display name. */
export const Name = z
  .string()
  .trim()
  .min(1)
  .max(MAX_NAME_LENGTH)
  .regex(/^[^\p{Cc}]*$/u, 'must have no control characters')
  .meta({ description: 'A display name' });
/** A time in ISO 8601, UTC. */
export const Time = z.string().meta({ format: 'date-time' });
const expiresIn = z.int().min(1).max(MAX_EXPIRY_SECONDS).optional().meta({ description: 'Seconds from now; default: it does not expire' });

/** Where a list continues, and the size of its pages. */
export const AdminPageQuery = z.object({
  after: z.string().max(128).optional().meta({ description: 'The last item of the page before' }),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(MAX_PAGE).meta({ description: 'Items of one page' }),
});
export type AdminPageQuery = z.infer<typeof AdminPageQuery>;

/** An organisation, which owns apps. */
export const AdminOrg = z.object({ id: z.string(), name: z.string(), createdAt: Time });
export type AdminOrg = z.infer<typeof AdminOrg>;

/** An app with its settings in force. */
export const AdminApp = z.object({
  id: AppId,
  orgId: z.string(),
  name: z.string(),
  settings: AppSettings,
  version: z.int().meta({ description: 'Increases with every change; also sent as `ETag`' }),
  createdAt: Time,
});
export type AdminApp = z.infer<typeof AdminApp>;

/** Apps of an organisation, by id. */
export const AdminAppList = z.object({ apps: z.array(AdminApp) });
export type AdminAppList = z.infer<typeof AdminAppList>;

/** A new app. */
export const CreateAppRequest = z.object({
  id: AppId.optional().meta({ description: 'Default: a random one. An id is never reused' }),
  name: Name,
  settings: AppSettings.partial().optional(),
});
export type CreateAppRequest = z.infer<typeof CreateAppRequest>;

/** The changes to an app: missing fields stay as they are, and a setting that is null returns to its default. */
export const PatchAppRequest = z.object({ name: Name.optional(), settings: AppSettingsPatch.optional() });
export type PatchAppRequest = z.infer<typeof PatchAppRequest>;

/** A key without its secret. */
export const AdminKey = z.object({
  id: z.string(),
  kind: z.enum(['secret', 'signing', 'admin']).meta({
    description: '`secret` opens the app, `signing` verifies tokens that your backend signs, `admin` gives access to this API',
  }),
  appId: AppId.optional(),
  name: z.string(),
  prefix: z.string().meta({ description: 'The first characters of the key; the `kid` of a signing key' }),
  last4: z.string().meta({ description: 'The last four characters of the key; empty for a signing key' }),
  createdAt: Time,
  lastUsedAt: Time.optional().meta({ description: 'To the minute; missing if it was never used on a node with books' }),
  expiresAt: Time.optional(),
  revokedAt: Time.optional(),
});
export type AdminKey = z.infer<typeof AdminKey>;

/** Keys, newest first, including those that have ended. */
export const AdminKeyList = z.object({ keys: z.array(AdminKey) });
export type AdminKeyList = z.infer<typeof AdminKeyList>;

/** A new key with its secret, which is shown only once. */
export const IssuedKeyReply = z.object({ key: AdminKey, secret: z.string().meta({ description: 'Shown only in this reply' }) });
export type IssuedKeyReply = z.infer<typeof IssuedKeyReply>;

/** A new key: a secret, or the public part of a key that the app's backend keeps. */
export const CreateKeyRequest = z.object({
  name: Name,
  expiresIn,
  signing: z
    .object({
      kid: z.string().max(64),
      alg: z.enum(['EdDSA', 'ES256']),
      publicKey: z.union([z.string().max(4_096), z.record(z.string().max(32), z.unknown())]).meta({ description: 'PEM (SPKI), or a JWK' }),
    })
    .optional()
    .meta({ description: 'Creates a key that verifies tokens signed by your backend, instead of a secret' }),
});
export type CreateKeyRequest = z.infer<typeof CreateKeyRequest>;

/** A new key, with its secret unless it is a signing key. */
export const CreateKeyReply = z.object({ key: AdminKey, secret: z.string().optional().meta({ description: 'Shown only in this reply' }) });
export type CreateKeyReply = z.infer<typeof CreateKeyReply>;

/** A new key for the admin API. */
export const CreateAdminKeyRequest = z.object({ name: Name, expiresIn });
export type CreateAdminKeyRequest = z.infer<typeof CreateAdminKeyRequest>;

/** A replacement for a key. */
export const RollKeyRequest = z.object({
  expiresIn: z
    .int()
    .min(0)
    .max(30 * SECONDS_PER_DAY)
    .default(SECONDS_PER_DAY)
    .meta({ description: 'Seconds that the old key stays valid; 0 ends it at once' }),
});
export type RollKeyRequest = z.infer<typeof RollKeyRequest>;

/** A change, and who made it. */
export const AdminAuditEntry = z.object({
  id: z.string(),
  at: Time,
  action: z.string().meta({ examples: ['app.created', 'key.rolled'] }),
  subject: z.string().meta({ description: 'The key, name or settings that were changed' }),
  appId: AppId.optional(),
  actor: z.object({ kind: z.enum(['person', 'key', 'operator', 'node']), id: z.string().optional() }),
});
export type AdminAuditEntry = z.infer<typeof AdminAuditEntry>;

/** A page of the audit. */
export const AdminAuditList = z.object({ entries: z.array(AdminAuditEntry).meta({ description: 'The newest first' }) });
export type AdminAuditList = z.infer<typeof AdminAuditList>;

/** The request that exchanges the one-time token of the first start. */
export const SetUpRequest = z.object({
  setUpToken: z.string().max(128).meta({ description: 'The token that the node prints when it starts' }),
  organisation: Name,
});
export type SetUpRequest = z.infer<typeof SetUpRequest>;

/** The first organisation, and a key to manage it. */
export const SetUpReply = z.object({ organisation: AdminOrg, key: AdminKey, secret: z.string() });
export type SetUpReply = z.infer<typeof SetUpReply>;

/** Confirms that something was removed. */
export const RemovedReply = z.object({ success: z.literal(true) });
export type RemovedReply = z.infer<typeof RemovedReply>;
