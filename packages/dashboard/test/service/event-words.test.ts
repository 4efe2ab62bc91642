import type { ApiEvent } from '@causeway/protocol';
import { eventWords } from '../../src/service/event-words.ts';

test.each([
  [{ type: 'session.connected' }, ''],
  [{ type: 'track.published', trackId: 't1', customTrackName: 'camera', trackKind: 'video', mid: '0' }, 'video · camera · line 0'],
  [{ type: 'track.closed', trackId: 't1', customTrackName: '', reason: 'requested' }, 't1 · requested'],
  [{ type: 'layer.changed', mid: '1', rid: '', reason: 'bandwidth' }, 'line 1 · only layer · bandwidth'],
  [{ type: 'quality.changed', mid: '1', rid: 'h', quality: 'reduced' }, 'line 1 · layer h · reduced'],
  [{ type: 'subscription.failed', remoteSessionId: 's2', errorCode: 'track_not_found' }, 'from s2 · track_not_found'],
])('the event %j is described as %j', (event, words) => {
  expect(eventWords({ id: '1-1', at: '', ...event } as ApiEvent)).toBe(words);
});
