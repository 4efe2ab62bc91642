/** What the admin API takes and replies about signing in with an OpenID provider. */
import { z } from 'zod';
import { Time } from './admin-bodies.ts';

const MAX_URL_LENGTH = 2_048;
const MAX_TICKET_LENGTH = 128;
const MAX_QUERY_LENGTH = 4_096;

const RedirectUri = z
  .string()
  .max(MAX_URL_LENGTH)
  .meta({ description: 'The page `/oidc` of this console, as the provider has it registered, such as `https://sfu.example/oidc`' });

/** The ways to sign in at this node besides passwords and passkeys. */
export const SignInWaysReply = z.object({
  oidc: z
    .object({ name: z.string().meta({ description: 'What the operator calls the provider' }) })
    .optional()
    .meta({ description: 'The OpenID provider; missing if there is none' }),
});
export type SignInWaysReply = z.infer<typeof SignInWaysReply>;

/** Begins a sign-in at the OpenID provider. */
export const OfferOidcSignInRequest = z.object({
  redirectUri: RedirectUri,
  invitationToken: z.string().max(MAX_TICKET_LENGTH).optional().meta({ description: 'Of an invitation that is to be accepted by it' }),
});
export type OfferOidcSignInRequest = z.infer<typeof OfferOidcSignInRequest>;

/** Begins to connect the person who calls to the OpenID provider. */
export const OfferOidcConnectionRequest = z.object({ redirectUri: RedirectUri, password: z.string().max(256) });
export type OfferOidcConnectionRequest = z.infer<typeof OfferOidcConnectionRequest>;

/** The way to the provider. */
export const OidcOfferReply = z.object({
  url: z.string().meta({ description: 'The page of the provider to open' }),
  ticket: z.string().meta({ description: 'To be kept by the browser and sent back; good once, for five minutes' }),
});
export type OidcOfferReply = z.infer<typeof OidcOfferReply>;

/** Finishes a sign-in at the OpenID provider. */
export const OidcSignInRequest = z.object({
  ticket: z.string().max(MAX_TICKET_LENGTH),
  query: z
    .string()
    .max(MAX_QUERY_LENGTH)
    .regex(/^\?/, 'must begin with a question mark')
    .meta({ description: 'What the provider has added to `redirectUri`, from the question mark on' }),
});
export type OidcSignInRequest = z.infer<typeof OidcSignInRequest>;

/** The account at the OpenID provider that signs a person in. */
export const AdminOidcConnection = z.object({
  email: z.string().meta({ description: 'What the provider called it; empty if it named no address' }),
  connectedAt: Time,
  lastUsedAt: Time.optional().meta({ description: 'Missing if it was never used' }),
});
export type AdminOidcConnection = z.infer<typeof AdminOidcConnection>;
