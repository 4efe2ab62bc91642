import { z } from 'zod';
import { NumericDate, TOKEN_RESTRICTIONS, TokenId, TokenSubject } from './token-grants.ts';

/** The longest lifetime of a token. */
export const MAX_TOKEN_SECONDS = 24 * 3_600;
/** The lifetime of a token if the request does not specify it. */
export const DEFAULT_TOKEN_SECONDS = 600;

/**
 * `POST /tokens`. Unlike in other requests, unknown fields are refused, because a misspelt restriction would have no
 * effect.
 */
export const MintTokenRequest = z.strictObject({
  sub: TokenSubject,
  expiresIn: z
    .int()
    .min(1)
    .max(MAX_TOKEN_SECONDS)
    .optional()
    .meta({ description: `Seconds that the token is valid; default is ${DEFAULT_TOKEN_SECONDS}` }),
  nbf: NumericDate.optional().meta({ description: 'Seconds since 1970 before which the token is not valid' }),
  jti: TokenId.optional().meta({ description: 'Id by which the token can be revoked; default is a random one' }),
  ...TOKEN_RESTRICTIONS,
});
export type MintTokenRequest = z.infer<typeof MintTokenRequest>;

/** Reply to `POST /tokens`: the token and its expiry. */
export const MintTokenReply = z.object({
  token: z.string().meta({ description: 'To be sent as `Authorization: Bearer <token>`' }),
  jti: TokenId,
  expiresAt: z.iso.datetime().meta({ description: 'When the token expires' }),
});
export type MintTokenReply = z.infer<typeof MintTokenReply>;

/** `POST /tokens/revoke` */
export const RevokeTokensRequest = z
  .strictObject({
    jti: TokenId.optional().meta({ description: 'The token to revoke' }),
    sub: TokenSubject.optional().meta({ description: 'Revokes all tokens of this subject issued until now, including the present second' }),
    closeSessions: z.boolean().optional().meta({
      description: 'Whether to close the sessions that were created, or last changed, with one of these tokens; default is false',
    }),
  })
  .refine(({ jti, sub }) => (jti === undefined) !== (sub === undefined), 'must name either jti or sub');
export type RevokeTokensRequest = z.infer<typeof RevokeTokensRequest>;

/** Reply to `POST /tokens/revoke`. */
export const RevokeTokensReply = z.object({ success: z.literal(true) });
export type RevokeTokensReply = z.infer<typeof RevokeTokensReply>;
