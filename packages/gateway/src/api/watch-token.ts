import type { TokenDesk } from '@causeway/accounts';
import { type AppId, isRevokedBy, type TokenGrants } from '@causeway/protocol';

/**
 * Watches the token of a call that continues after its reply has begun.
 *
 * @param onOver called once, when the token has expired or is revoked
 * @returns a function that stops watching
 */
export function watchToken(tokens: TokenDesk, appId: AppId, token: TokenGrants, onOver: () => void): () => void {
  const over = (): void => {
    stop();
    onOver();
  };
  const timer = setTimeout(over, tokens.leftMs(token));
  timer.unref();
  const unlisten = tokens.revocations.onRevoked((revocation) => {
    if (revocation.appId === appId && isRevokedBy(revocation.revoked, token)) over();
  });
  const stop = (): void => {
    clearTimeout(timer);
    unlisten();
  };
  return stop;
}
