/** Used by pages and by processes. */
import { createSfuApi, type SfuApi } from '@causeway/client';
import type { SfuAccess } from '../servers/daemon.ts';

/** The API of one app, with its secret in every call. */
export function apiOf({ host, appId, secret }: SfuAccess): SfuApi {
  return createSfuApi({ url: host, appId, credential: secret });
}
