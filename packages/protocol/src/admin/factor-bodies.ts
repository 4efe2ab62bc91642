/** What the admin API takes and replies about what people prove themselves with beside their passwords. */
import { z } from 'zod';

const MAX_CODE_LENGTH = 64;

/** The code of an authenticator (RFC 6238), or a recovery code. */
export const FactorCode = z
  .string()
  .min(1)
  .max(MAX_CODE_LENGTH)
  .meta({ description: 'What the authenticator shows, or a recovery code; spaces, dashes and capitals do not matter' });

const Password = z.string().max(256);

/** The second factors of the person who calls. */
export const FactorsReply = z.object({
  totp: z.object({
    isOn: z.boolean().meta({ description: 'Whether signing in with the password needs a code' }),
    recoveryCodesLeft: z.int().meta({ description: 'Each is good once, in place of a code' }),
  }),
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
