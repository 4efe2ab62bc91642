export * from './app/app.ts';
export * from './app/app-settings.ts';
export * from './app/app-store.ts';
export * from './app/create-app.ts';
export * from './app/static-app-store.ts';
export type * from './assertion/call-assertion.ts';
export * from './authentication/authenticate.ts';
export * from './authentication/principal.ts';
export * from './authentication/secret.ts';
