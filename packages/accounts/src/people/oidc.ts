/** OpenID Connect: a provider of the operator that says who people are, in place of their passwords. */

/** The provider that a node was configured with. */
export interface OidcSettings {
  /** As the provider writes it in its metadata, such as `https://login.example/realms/staff`. */
  readonly issuer: string;
  readonly clientId: string;
  /** Undefined for a public client, which has PKCE alone. */
  readonly clientSecret: string | undefined;
}

/** The way to the provider for one browser. */
export interface OidcOffer {
  /** The page of the provider that the browser is to open. */
  readonly url: string;
  /** The browser keeps it and brings it back with what the provider said, so no other browser can. Good once, for five minutes. */
  readonly ticket: string;
}

/** What an account is known by at the provider. */
export interface OidcConnection {
  /** The address that the provider named when the account was connected; empty if it named none. */
  readonly email: string;
  readonly connectedAtMs: number;
  /** Undefined if it was never used. */
  readonly lastUsedAtMs: number | undefined;
}
