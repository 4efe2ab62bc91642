import { allFailedError, type SubscribedTrackResult } from '@causeway/protocol';

const succeeded: SubscribedTrackResult = { remoteSessionId: 'x', remoteTrackId: 'c', mid: '0' };
const missing: SubscribedTrackResult = {
  remoteSessionId: 'x',
  remoteTrackId: 'a',
  errorCode: 'track_not_found',
  errorDescription: 'session x has no track a',
};
const mismatch: SubscribedTrackResult = {
  remoteSessionId: 'x',
  remoteTrackId: 'b',
  errorCode: 'codec_mismatch',
  errorDescription: 'VP9 is not negotiated',
};

test('a batch with one success is a success', () => {
  expect(allFailedError([missing, succeeded])).toBeUndefined();
  expect(allFailedError([succeeded, missing])).toBeUndefined();
});

test('an empty batch is a success', () => {
  expect(allFailedError([])).toBeUndefined();
});

test('a batch whose items all failed with one code has that code and the items', () => {
  const error = allFailedError([missing, missing]);

  expect(error?.code).toBe('track_not_found');
  expect(error?.message).toBe('session x has no track a (and 1 more failed likewise)');
  expect(error?.tracks).toEqual([missing, missing]);
});

test('a batch that failed for different reasons has multiple_errors', () => {
  const error = allFailedError([missing, mismatch]);

  expect(error?.code).toBe('multiple_errors');
  expect(error?.tracks).toEqual([missing, mismatch]);
});
