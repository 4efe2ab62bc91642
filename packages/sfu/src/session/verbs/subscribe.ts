import type { SubscribeReply, SubscribeRequest, TokenGrants } from '@causeway/protocol';
import { locateWish } from '../locate-tracks.ts';
import type { Session } from '../session.ts';
import { refuseHosted } from './answer-client-offer.ts';

/** `POST /track/subscribe`. A call that has to wait for an answer leaves the lane, since that answer is a call too. */
export async function subscribe(session: Session, request: SubscribeRequest, caller: TokenGrants | undefined): Promise<SubscribeReply> {
  const { atDesk } = await session.run(async () => {
    refuseHosted(session);
    session.place.checkEgress();
    const receiver = { appId: session.appId, sessionId: session.id, caller };
    const items = await Promise.all(
      request.tracks.map(async (asked) => ({ asked, located: await locateWish(receiver, asked, session.parts) })),
    );
    const atDesk = session.desk.subscribe(items);
    // Its failure is reported to whoever awaits it below, not to the process.
    atDesk.catch(() => undefined);
    return { atDesk };
  });
  return atDesk;
}
