/** What the admin API takes and replies about what people prove themselves with beside their passwords. */
import { z } from 'zod';
import { Name, Time } from './admin-bodies.ts';

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

const MAX_CODE_LENGTH = 64;

/** The code of an authenticator (RFC 6238), or a recovery code. */
export const FactorCode = z
  .string()
  .min(1)
  .max(MAX_CODE_LENGTH)
  .meta({ description: 'What the authenticator shows, or a recovery code; spaces, dashes and capitals do not matter' });

const Password = z.string().max(256);

/** A key on a person's device that signs them in. */
export const AdminPasskey = z.object({
  id: z.string(),
  name: z.string(),
  createdAt: Time,
  lastUsedAt: Time.optional().meta({ description: 'Missing if it was never used' }),
});
export type AdminPasskey = z.infer<typeof AdminPasskey>;

/** The second factors of the person who calls. */
export const FactorsReply = z.object({
  totp: z.object({
    isOn: z.boolean().meta({ description: 'Whether signing in with the password needs a code' }),
    recoveryCodesLeft: z.int().meta({ description: 'Each is good once, in place of a code' }),
  }),
  passkeys: z.array(AdminPasskey).meta({ description: 'The oldest first' }),
  oidc: AdminOidcConnection.optional().meta({ description: 'Missing if you are not connected to the OpenID provider' }),
  hasPassword: z.boolean().meta({ description: 'Those who came from the OpenID provider have none' }),
});
export type FactorsReply = z.infer<typeof FactorsReply>;

/** Asks for the seed of a new authenticator. */
export const OfferTotpRequest = z.object({ password: Password });
export type OfferTotpRequest = z.infer<typeof OfferTotpRequest>;

/** A seed that is not in force until a code of it is confirmed. */
export const OfferTotpReply = z.object({
  seed: z.string().meta({ description: 'In base 32; shown in this reply alone' }),
  uri: z.string().meta({ description: 'What the QR code for authenticators says; it contains the seed' }),
});
export type OfferTotpReply = z.infer<typeof OfferTotpReply>;

/** Shows that the authenticator has the seed. */
export const ConfirmTotpRequest = z.object({ code: FactorCode });
export type ConfirmTotpRequest = z.infer<typeof ConfirmTotpRequest>;

/** From now on, signing in needs a code. */
export const ConfirmTotpReply = z.object({
  recoveryCodes: z.array(z.string()).meta({ description: 'Shown in this reply alone; each is good once, in place of a code' }),
});
export type ConfirmTotpReply = z.infer<typeof ConfirmTotpReply>;

/** What it takes to sign in without codes again. */
export const RemoveTotpRequest = z.object({ password: Password, code: FactorCode });
export type RemoveTotpRequest = z.infer<typeof RemoveTotpRequest>;

/** What a browser makes or looks for a passkey with, as `@simplewebauthn/browser` or `parseCreationOptionsFromJSON` take it. */
export const PasskeyOptionsReply = z
  .record(z.string(), z.unknown())
  .meta({ description: '`PublicKeyCredentialCreationOptionsJSON` or `…RequestOptionsJSON` of WebAuthn Level 3; good for five minutes' });
export type PasskeyOptionsReply = z.infer<typeof PasskeyOptionsReply>;

/** Asks what to make a passkey with. */
export const OfferPasskeyRequest = z.object({ password: Password });
export type OfferPasskeyRequest = z.infer<typeof OfferPasskeyRequest>;

const PasskeyResponse = z.record(z.string(), z.unknown()).meta({ description: 'What `PublicKeyCredential.toJSON` gives' });

/** A passkey that the browser has made. */
export const AddPasskeyRequest = z.object({ name: Name, response: PasskeyResponse });
export type AddPasskeyRequest = z.infer<typeof AddPasskeyRequest>;

/** A passkey that the browser has used. */
export const PasskeySignInRequest = z.object({ response: PasskeyResponse });
export type PasskeySignInRequest = z.infer<typeof PasskeySignInRequest>;
