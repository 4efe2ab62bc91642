/** What an access token allows its bearer: the claims of a verified token (docs/api.md §15). */
import { z } from 'zod';
import { Metadata, Region } from '../bodies/sessions.ts';
import { GroupName, SessionId } from '../ids.ts';

const MAX_PATTERN_LENGTH = 128;
/** Each star costs another pass over the text. */
const MAX_STARS = 4;
const MAX_PATTERNS = 32;

/** A text in which each `*` matches any number of characters, including none; other characters match themselves. */
export const Pattern = z
  .string()
  .max(MAX_PATTERN_LENGTH)
  .regex(/^[A-Za-z0-9._:{}*-]*$/, 'must consist of letters, digits and . _ : { } - *')
  .refine((text) => text.split('*').length - 1 <= MAX_STARS, `must have at most ${MAX_STARS} stars`)
  .meta({ description: 'Text in which each `*` stands for any characters', examples: ['alice-*'] });
export type Pattern = z.infer<typeof Pattern>;

const PatternList = z
  .array(Pattern)
  .refine((list) => list.length <= MAX_PATTERNS, `must be at most ${MAX_PATTERNS} items long`)
  .meta({ maxItems: MAX_PATTERNS });

/** Whether one of the patterns matches the whole text, in time proportional to both lengths. */
export function matchesAny(patterns: readonly string[], text: string): boolean {
  return patterns.some((pattern) => matches(pattern, text));
}

function matches(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return pattern === text;
  if (!text.startsWith(first)) return false;
  let position = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, position);
    if (found === -1) return false;
    position = found + part.length;
  }
  return text.length - last.length >= position && text.endsWith(last);
}

/** The groups of endpoints that a token can permit. */
export const TOKEN_ACTIONS = ['create', 'publish', 'subscribe', 'close', 'list'] as const;
/** A group of endpoints. */
export type TokenAction = (typeof TOKEN_ACTIONS)[number];

/** The kinds of media to which a token can be restricted. */
export const TOKEN_KINDS = ['audio', 'video', 'data'] as const;
/** A kind of media to which a token can be restricted. */
export type TokenKind = (typeof TOKEN_KINDS)[number];

const MAX_ORIGINS = 16;

/** The user of a token, as identified by the app's backend. */
export const TokenSubject = z
  .string()
  .regex(/^[\x21-\x7e]{1,128}$/, 'must be 1 to 128 visible ASCII characters')
  .meta({ description: 'Whom the token is for; sessions belong to the subject that created them', examples: ['user-4711'] });

/** The `jti` of a token, by which it can be revoked. */
export const TokenId = z
  .string()
  .regex(/^[A-Za-z0-9._:-]{1,64}$/, 'must be 1 to 64 letters, digits, ".", "_", ":" or "-"')
  .meta({ description: 'Id by which the token can be revoked' });

const Count = z.int().min(1).max(1_000_000);
/** Upper limits of the token's subject. */
export const TokenMaximum = z
  .strictObject({
    sessions: Count.optional().meta({ description: 'Sessions that the subject may have at once on one node' }),
    tracks: Count.optional().meta({ description: 'Tracks that one session may publish and subscribe to' }),
    kbpsUp: Count.optional().meta({ description: 'Kilobits of RTP a second that one session may publish; more is dropped' }),
    kbpsDown: Count.optional().meta({ description: 'Kilobits of RTP a second that one session is sent; layers are chosen to fit' }),
  })
  .meta({ description: 'Limits of the subject' });
export type TokenMaximum = z.infer<typeof TokenMaximum>;

/** A web origin as browsers write it, without path and default port. */
const Origin = z
  .string()
  .max(256)
  .regex(/^[a-z][a-z0-9+.-]*:\/\/[^\s/?#]+$/, 'must be an origin such as https://example.org')
  .meta({ examples: ['https://example.org'] });

/** The claims that restrict a token; a missing claim restricts nothing. */
export const TOKEN_RESTRICTIONS = {
  act: z
    .array(z.enum(TOKEN_ACTIONS))
    .min(1)
    .refine((list) => new Set(list).size === list.length, 'must name each action once')
    .optional()
    .meta({ description: 'The permitted actions; default is all of them' }),
  kinds: z
    .array(z.enum(TOKEN_KINDS))
    .refine((list) => new Set(list).size === list.length, 'must name each kind once')
    .optional()
    .meta({ description: 'Kinds of media that may be published and subscribed to' }),
  names: PatternList.optional().meta({ description: 'What published tracks may be called; a track without a name has the empty one' }),
  subs: PatternList.optional().meta({
    description: 'Ids of sessions that may be seen and subscribed to, in addition to those of the subject',
  }),
  sid: SessionId.optional().meta({ description: 'The only session that the token is for' }),
  max: TokenMaximum.optional(),
  meta: Metadata.optional().meta({ description: 'Metadata of the sessions that the token creates; callers cannot choose another' }),
  group: GroupName.optional().meta({
    description:
      'Group of the sessions that the token creates; callers cannot choose another. Listings and the events of the app show them no other group',
  }),
  region: Region.optional().meta({ description: 'Region of the sessions that the token creates' }),
  org: z
    .array(Origin)
    .min(1)
    .refine((list) => list.length <= MAX_ORIGINS, `must be at most ${MAX_ORIGINS} items long`)
    .optional()
    .meta({ description: 'Origins of the pages that may use the token' }),
} as const;

/** Seconds since 1970, as in JWT (RFC 7519 §2, NumericDate). */
export const NumericDate = z.int().min(0).max(99_999_999_999);

/** All claims of a valid token. Unknown claims are refused, because they might be restrictions. */
export const TokenGrants = z.strictObject({
  ...TOKEN_RESTRICTIONS,
  sub: TokenSubject,
  jti: TokenId,
  iat: NumericDate,
  exp: NumericDate,
});
export type TokenGrants = z.infer<typeof TokenGrants>;

/** Whether the token permits this kind of call. */
export function allowsAction({ act }: TokenGrants, action: TokenAction): boolean {
  return act === undefined || act.includes(action);
}

/** Revoked tokens: a single one, or all that a subject had received by a certain time. */
export type RevokedTokens =
  | { readonly by: 'jti'; readonly jti: string }
  | {
      readonly by: 'sub';
      readonly sub: string;
      /** Seconds since 1970; tokens issued in that second are also revoked. */
      readonly issuedUntil: number;
    };

/** Whether a token with these claims is revoked. */
export function isRevokedBy(revoked: RevokedTokens, { sub, jti, iat }: Pick<TokenGrants, 'sub' | 'jti' | 'iat'>): boolean {
  return revoked.by === 'jti' ? revoked.jti === jti : revoked.sub === sub && iat <= revoked.issuedUntil;
}

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
