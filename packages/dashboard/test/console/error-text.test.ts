import type { ApiErrorCode } from '@causeway/client';
import { ERROR_CODES } from '@causeway/protocol';
import { refusal } from '@causeway/testkit/fake-sfu-api';
import { errorText } from '../../src/console/error-text.ts';

const codes = [...Object.keys(ERROR_CODES), 'network_failure', 'unexpected_reply'] as ApiErrorCode[];

test.each(codes)('%s reads as one sentence, with the code in the detail', (code) => {
  const { title, detail } = errorText(refusal(code, { description: 'the node says no' }));

  expect(title).toMatch(/^[A-Z].*[.]$/);
  expect(title).not.toContain('_');
  expect(detail).toContain(code);
});

test('the detail contains the data that identifies the call in a log', () => {
  const failure = refusal('session_closed', { requestId: 'req-9', details: { reason: 'connection_lost' } });

  expect(errorText(failure).detail).toBe('session_closed (connection_lost): refused with session_closed · request req-9');
});

test('a code without its own text shows the message of the node', () => {
  const failure = refusal('invalid_params', { description: 'tracks[0].mid must be a string' });

  expect(errorText(failure).title).toBe('Tracks[0].mid must be a string.');
});

test.each([
  ['NotAllowedError', 'Access to the camera or microphone was denied.'],
  ['NotFoundError', 'No camera or microphone was found.'],
  ['SomethingNewError', 'Something went wrong in this browser.'],
])('%s of a browser reads as a sentence', (name, title) => {
  expect(errorText(new DOMException('details of the browser', name))).toEqual({ title, detail: 'details of the browser' });
});

test('any other thrown value is shown as it is', () => {
  expect(errorText('boom')).toEqual({ title: 'Something went wrong.', detail: 'boom' });
});

test('an error of the page itself shows its own message', () => {
  expect(errorText(new Error('The camera has stopped.'))).toEqual({ title: 'The camera has stopped.', detail: '' });
});
