import { z } from 'zod';
import { NumericDate, TOKEN_RESTRICTIONS, TokenId, TokenSubject } from './token-grants.ts';

/** The longest lifetime of a token, and the default one. */
export const MAX_TOKEN_SECONDS = 24 * 3_600;
/** How long a token is valid if the request does not say. */
export const DEFAULT_TOKEN_SECONDS = 600;

/**
 * `POST /tokens`. Unlike elsewhere unknown fields are refused: a restriction that is misspelt would
 * restrict nothing.
 */
export const MintTokenRequest = z.strictObject({
  sub: TokenSubject,
  expiresIn: z
    .int()
    .min(1)
    .max(MAX_TOKEN_SECONDS)
    .optional()
    .meta({ description: `Seconds that the token is good for; default is ${DEFAULT_TOKEN_SECONDS}` }),
  nbf: NumericDate.optional().meta({ description: 'Seconds since 1970 before which the token is good for nothing' }),
  jti: TokenId.optional().meta({ description: 'Name of the token, to revoke it by; default is a random one' }),
  ...TOKEN_RESTRICTIONS,
});
export type MintTokenRequest = z.infer<typeof MintTokenRequest>;

/** Reply to `POST /tokens`: the token and when it expires. */
export const MintTokenReply = z.object({
  token: z.string().meta({ description: 'To be sent as `Authorization: Bearer <token>`' }),
  jti: TokenId,
  expiresAt: z.iso.datetime().meta({ description: 'When the token ends' }),
});
export type MintTokenReply = z.infer<typeof MintTokenReply>;

/** `POST /tokens/revoke` */
export const RevokeTokensRequest = z
  .strictObject({
    jti: TokenId.optional().meta({ description: 'The one token that is to be good no longer' }),
    sub: TokenSubject.optional().meta({ description: 'Whose tokens are: all that were issued by now, the present second included' }),
    closeSessions: z.boolean().optional().meta({
      description: 'Whether the sessions are closed that were created, or changed last, with one of these tokens; default is false',
    }),
  })
  .refine(({ jti, sub }) => (jti === undefined) !== (sub === undefined), 'must name either jti or sub');
export type RevokeTokensRequest = z.infer<typeof RevokeTokensRequest>;

/** Reply to `POST /tokens/revoke`. */
export const RevokeTokensReply = z.object({ success: z.literal(true) });
export type RevokeTokensReply = z.infer<typeof RevokeTokensReply>;
