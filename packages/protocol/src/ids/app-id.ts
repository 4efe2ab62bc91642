import { z } from 'zod';

/**
 * Id of an SFU app, as in the path `/api/sfu/<appId>/`: 1 to 64 letters, digits, `_` and `-`. The grammar is narrow because app
 * ids become parts of registry keys.
 */
export const AppId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, "_" or "-"')
  .brand<'AppId'>();
export type AppId = z.infer<typeof AppId>;

/** @returns undefined if the text is not an app id */
export function parseAppId(text: string): AppId | undefined {
  return AppId.safeParse(text).data;
}
