import type { AppId } from '@causeway/protocol';
import type { AppSettings } from '../app/app-settings.ts';

/** What a caller may do within its app. The app's secret grants everything; scoped tokens will be another kind. */
export type Grants = { readonly kind: 'all' };

/** Who is calling, proved. */
export interface Principal {
  readonly appId: AppId;
  readonly settings: AppSettings;
  readonly grants: Grants;
}
