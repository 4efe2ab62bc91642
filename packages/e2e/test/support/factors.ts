/** A virtual device with passkeys, with which a person signs in. */
import type { ChromiumPage } from '@causeway/e2e';

/** Gives a page a virtual authenticator that creates passkeys, and whose user verification always succeeds. */
export async function addVirtualAuthenticator(page: ChromiumPage['page']): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}
