import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { AppId } from '@causeway/protocol';
import type { Sfu } from '@causeway/sfu';

const SESSIONS = 10;
const COLLECTIONS = 4;

/** @returns kilobytes of the heap that a session with such an offer keeps before anything is sent */
export async function measureSessionHeap(sfu: Sfu, appId: AppId, sdp: string): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const usedBytes = (): number => {
    for (let collection = 0; collection < COLLECTIONS; collection++) collect();
    return process.memoryUsage().heapUsed;
  };
  const before = usedBytes();
  const sessionIds = [];
  for (let count = 0; count < SESSIONS; count++) {
    const { sessionId } = await sfu.createSession(appId, { sessionDescription: { type: 'offer', sdp } });
    sessionIds.push(sessionId);
  }
  const after = usedBytes();
  for (const sessionId of sessionIds) await sfu.deleteSession(appId, sessionId);
  return (after - before) / SESSIONS / 1000;
}
