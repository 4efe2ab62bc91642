/** What a person has at hand to sign in with: a device with passkeys. */
import type { ChromiumPage } from '@causeway/e2e';

/** Gives a page a device that makes passkeys, and whose owner always puts a finger on it. */
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
