import type { TokenGrants } from './token-grants.ts';

/** Tokens that are good no longer: one of them, or all that a subject had been given by some moment. */
export type RevokedTokens =
  | { readonly by: 'jti'; readonly jti: string }
  | {
      readonly by: 'sub';
      readonly sub: string;
      /** Seconds since 1970; tokens that were issued in that second are revoked, too. */
      readonly issuedUntil: number;
    };

/** Whether a token with these claims is among them. */
export function isRevokedBy(revoked: RevokedTokens, { sub, jti, iat }: Pick<TokenGrants, 'sub' | 'jti' | 'iat'>): boolean {
  return revoked.by === 'jti' ? revoked.jti === jti : revoked.sub === sub && iat <= revoked.issuedUntil;
}
