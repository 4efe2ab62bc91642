/** A file of its own, for pages and processes alike have a use for it. */
import { createSfuApi, type SfuApi } from '@causeway/client';
import type { SfuAccess } from '../servers/daemon.ts';

/** The API of one app, with its secret in every call. */
export function apiOf({ host, appId, secret }: SfuAccess): SfuApi {
  return createSfuApi({ url: host, appId, credential: secret });
}
