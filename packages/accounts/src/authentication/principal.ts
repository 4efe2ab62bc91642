import type { AppId, TokenGrants } from '@causeway/protocol';
import type { AppSettings } from '../app/app-settings.ts';

/** What a caller may do within its app: everything with the app's secret, what it grants with a token. */
export type Grants = { readonly kind: 'all' } | { readonly kind: 'token'; readonly token: TokenGrants };

export const ALL_GRANTS: Grants = { kind: 'all' };

/** Who is calling, proved. */
export interface Principal {
  readonly appId: AppId;
  readonly settings: AppSettings;
  readonly grants: Grants;
}
