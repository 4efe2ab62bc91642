/** Signs a person in with a passkey. Loaded on demand, since most visits have a cookie. */
import type { WhoAmIReply } from '@causeway/protocol';
import { startAuthentication } from '@simplewebauthn/browser';
import type { AdminApi } from './admin-api.ts';

/** Rejects if the node, the person or the device refuses. */
export async function signInByPasskey(admin: AdminApi): Promise<WhoAmIReply> {
  const optionsJSON = await admin.offerPasskeySignIn();
  const response = await startAuthentication({ optionsJSON }).catch((cause: unknown) => {
    throw new Error('You were not signed in: the passkey prompt was cancelled or timed out, or you have no passkey for this site.', {
      cause,
    });
  });
  return admin.signInWithPasskey(response);
}
