import type { OidcSettings } from '@causeway/accounts';
import { OPTIONS, type OptionValues } from './options.ts';
import { ConfigError } from './start-error.ts';

/** The OpenID provider with which people sign in, and what pages call it. */
export interface OidcConfig extends OidcSettings {
  readonly name: string;
}

/** The options that describe it. */
export type OidcOptions = Pick<OptionValues, 'oidcIssuer' | 'oidcClientId' | 'oidcClientSecret' | 'oidcName'>;

/**
 * @returns undefined if no provider is configured
 * @throws ConfigError – only a part of it is
 */
export function readOidcConfig(options: OidcOptions): OidcConfig | undefined {
  const { oidcIssuer: issuer, oidcClientId: clientId, oidcClientSecret: clientSecret, oidcName: name } = options;
  if (issuer !== undefined && clientId !== undefined) return { issuer, clientId, clientSecret, name: name ?? new URL(issuer).host };
  const isAnySet = Object.values(options).some((value) => value !== undefined);
  if (!isAnySet) return undefined;
  const missing = issuer === undefined ? OPTIONS.oidcIssuer.variable : OPTIONS.oidcClientId.variable;
  throw new ConfigError(`${missing} is missing: an OpenID provider takes both its issuer and a client id`);
}
