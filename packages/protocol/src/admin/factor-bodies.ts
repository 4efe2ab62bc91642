/** Requests and replies of the admin API about second factors, passkeys and the OpenID provider. */
import { z } from 'zod';
import { Name, Time } from './admin-bodies.ts';

const MAX_URL_LENGTH = 2_048;
const MAX_TICKET_LENGTH = 128;
const MAX_QUERY_LENGTH = 4_096;

const RedirectUri = z
  .string()
  .max(MAX_URL_LENGTH)
  .meta({ description: 'URL of the page `/oidc` of this console, as registered with the provider, such as `https://sfu.example/oidc`' });

/** The ways to sign in at this node besides passwords and passkeys. */
export const SignInWaysReply = z.object({
  oidc: z
    .object({ name: z.string().meta({ description: 'Name that the operator gives the provider' }) })
    .optional()
    .meta({ description: 'The OpenID provider; missing if there is none' }),
});
export type SignInWaysReply = z.infer<typeof SignInWaysReply>;

/** Begins a sign-in at the OpenID provider. */
export const OfferOidcSignInRequest = z.object({
  redirectUri: RedirectUri,
  invitationToken: z.string().max(MAX_TICKET_LENGTH).optional().meta({ description: 'Token of an invitation that this sign-in accepts' }),
});
export type OfferOidcSignInRequest = z.infer<typeof OfferOidcSignInRequest>;

/** Begins to connect the caller to the OpenID provider. */
export const OfferOidcConnectionRequest = z.object({ redirectUri: RedirectUri, password: z.string().max(256) });
export type OfferOidcConnectionRequest = z.infer<typeof OfferOidcConnectionRequest>;

/** Where to send the browser, and the ticket that finishes the sign-in. */
export const OidcOfferReply = z.object({
  url: z.string().meta({ description: 'The page of the provider to open' }),
  ticket: z.string().meta({ description: 'Kept by the browser and sent back; valid once, for five minutes' }),
});
export type OidcOfferReply = z.infer<typeof OidcOfferReply>;

/** Finishes a sign-in at the OpenID provider. */
export const OidcSignInRequest = z.object({
  ticket: z.string().max(MAX_TICKET_LENGTH),
  query: z
    .string()
    .max(MAX_QUERY_LENGTH)
    .regex(/^\?/, 'must begin with a question mark')
    .meta({ description: 'The query that the provider added to `redirectUri`, including the question mark' }),
});
export type OidcSignInRequest = z.infer<typeof OidcSignInRequest>;

/** The account at the OpenID provider that signs a person in. */
export const AdminOidcConnection = z.object({
  email: z.string().meta({ description: 'Address that the provider gave for it; empty if it gave none' }),
  connectedAt: Time,
  lastUsedAt: Time.optional().meta({ description: 'Missing if it was never used' }),
});
export type AdminOidcConnection = z.infer<typeof AdminOidcConnection>;

const MAX_CODE_LENGTH = 64;

/** The code of an authenticator (RFC 6238), or a recovery code. */
export const FactorCode = z
  .string()
  .min(1)
  .max(MAX_CODE_LENGTH)
  .meta({ description: 'The code that the authenticator shows, or a recovery code; spaces, dashes and case are ignored' });

const Password = z.string().max(256);

/** A key on a person's device that signs them in. */
export const AdminPasskey = z.object({
  id: z.string(),
  name: z.string(),
  createdAt: Time,
  lastUsedAt: Time.optional().meta({ description: 'Missing if it was never used' }),
});
export type AdminPasskey = z.infer<typeof AdminPasskey>;

/** The caller's second factors. */
export const FactorsReply = z.object({
  totp: z.object({
    isOn: z.boolean().meta({ description: 'Whether signing in with the password needs a code' }),
    recoveryCodesLeft: z.int().meta({ description: 'Each can be used once, in place of a code' }),
  }),
  passkeys: z.array(AdminPasskey).meta({ description: 'The oldest first' }),
  oidc: AdminOidcConnection.optional().meta({ description: 'Missing if you are not connected to the OpenID provider' }),
  hasPassword: z.boolean().meta({ description: 'False for a person who signed up through the OpenID provider' }),
});
export type FactorsReply = z.infer<typeof FactorsReply>;

/** Asks for the seed of a new authenticator. */
export const OfferTotpRequest = z.object({ password: Password });
export type OfferTotpRequest = z.infer<typeof OfferTotpRequest>;

/** A seed that is not in force until a code of it is confirmed. */
export const OfferTotpReply = z.object({
  seed: z.string().meta({ description: 'In base 32; shown only in this reply' }),
  uri: z.string().meta({ description: 'Content of the QR code for authenticators; it contains the seed' }),
});
export type OfferTotpReply = z.infer<typeof OfferTotpReply>;

/** Proves that the authenticator has the seed. */
export const ConfirmTotpRequest = z.object({ code: FactorCode });
export type ConfirmTotpRequest = z.infer<typeof ConfirmTotpRequest>;

/** From now on, signing in needs a code. */
export const ConfirmTotpReply = z.object({
  recoveryCodes: z.array(z.string()).meta({ description: 'Shown only in this reply; each can be used once, in place of a code' }),
});
export type ConfirmTotpReply = z.infer<typeof ConfirmTotpReply>;

/** Removes the authenticator, so that signing in needs no code. */
export const RemoveTotpRequest = z.object({ password: Password, code: FactorCode });
export type RemoveTotpRequest = z.infer<typeof RemoveTotpRequest>;

/** Options for creating or using a passkey, as `@simplewebauthn/browser` and `parseCreationOptionsFromJSON` accept them. */
export const PasskeyOptionsReply = z
  .record(z.string(), z.unknown())
  .meta({ description: '`PublicKeyCredentialCreationOptionsJSON` or `…RequestOptionsJSON` of WebAuthn Level 3; valid for five minutes' });
export type PasskeyOptionsReply = z.infer<typeof PasskeyOptionsReply>;

/** Asks for the options with which to create a passkey. */
export const OfferPasskeyRequest = z.object({ password: Password });
export type OfferPasskeyRequest = z.infer<typeof OfferPasskeyRequest>;

const PasskeyResponse = z.record(z.string(), z.unknown()).meta({ description: 'The result of `PublicKeyCredential.toJSON`' });

/** A passkey that the browser has created. */
export const AddPasskeyRequest = z.object({ name: Name, response: PasskeyResponse });
export type AddPasskeyRequest = z.infer<typeof AddPasskeyRequest>;

/** A passkey that the browser has used. */
export const PasskeySignInRequest = z.object({ response: PasskeyResponse });
export type PasskeySignInRequest = z.infer<typeof PasskeySignInRequest>;
