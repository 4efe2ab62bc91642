export * from './app/app.ts';
export {
  APP_TOKEN_ALGORITHMS,
  type AppTokenAlgorithm,
  type AppTokenKey,
  createAppTokenKey,
  MAX_TOKEN_KEYS_PER_APP,
  type NewAppTokenKey,
} from './app/app-token-key.ts';
export * from './app/create-app.ts';
export * from './app/secret.ts';
export type * from './assertion/call-assertion.ts';
export * from './authentication/authenticate.ts';
export * from './books/app-mirror.ts';
export type * from './books/books.ts';
export * from './books/key-uses.ts';
export * from './ledger/export-ledger.ts';
export { isCertified, LedgerAuthority, type LedgerCertificate, type LedgerLife, type LedgerSigner } from './ledger/ledger-keys.ts';
export { hashLeaf } from './ledger/merkle.ts';
export type { LedgerHead, UsageSeal } from './ledger/usage-seal.ts';
export * from './people/accounts.ts';
export * from './people/totp.ts';
export * from './seal/sealed-text.ts';
export { type Revocation, RevocationList } from './tokens/revocation-list.ts';
export * from './tokens/token-desk.ts';
export * from './usage/books-usage-ledger.ts';
export * from './usage/ledger-line.ts';
export * from './usage/memory-usage-ledger.ts';
export * from './usage/quota-ledger.ts';
export * from './usage/usage-books.ts';
export * from './usage/usage-journal.ts';
export * from './usage/usage-ledger.ts';
export * from './usage/usage-meter.ts';
export * from './usage/usage-sealer.ts';
export * from './usage/verify-ledger.ts';
export * from './webhooks/webhook-books.ts';
export * from './webhooks/webhook-secret.ts';
