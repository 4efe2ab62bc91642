import { LIMITS } from '@causeway/protocol';
import type { Subscription } from '../../src/negotiation/index.ts';
import { EndedSubscriptions } from '../../src/session/subscription-reports.ts';

const SUBSCRIPTION = { remoteSessionId: 'publisher', remoteTrackId: 'camera', followedName: undefined, isPaused: false } as Subscription;

describe('the subscriptions that the SFU has ended', () => {
  it('are kept for as many mids as a session has m-sections, the latest', () => {
    const ended = new EndedSubscriptions();

    for (let mid = 0; mid < 2 * LIMITS.maxMediaSectionsPerSession; mid++) {
      ended.note({ mid: String(mid), kind: 'video' }, SUBSCRIPTION, 'codec_mismatch', 'rejected');
    }

    const kept = ended.list(new Set());
    expect(kept).toHaveLength(LIMITS.maxMediaSectionsPerSession);
    expect(kept.at(-1)?.mid).toBe(String(2 * LIMITS.maxMediaSectionsPerSession - 1));
  });
});
