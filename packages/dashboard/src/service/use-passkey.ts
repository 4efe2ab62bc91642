/** Signs a person in with a passkey. Loaded on demand, since most visits have a cookie. */
import type { WhoAmIReply } from '@causeway/protocol';
import { startAuthentication } from '@simplewebauthn/browser';
import type { AdminApi } from './admin-api.ts';

/** Rejects if the node, the person or the device refuses. */
export async function signInByPasskey(admin: AdminApi): Promise<WhoAmIReply> {
  const optionsJSON = await admin.offerPasskeySignIn();
  const response = await startAuthentication({ optionsJSON }).catch((cause: unknown) => {
    throw new Error('No passkey was used: you or the device has said no, or there is none for this place.', { cause });
  });
  return admin.signInWithPasskey(response);
}
