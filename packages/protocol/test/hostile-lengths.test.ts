import { CloseTracksRequest, PublishRequest, parseRequest, RenegotiateRequest, SfuError } from '@causeway/protocol';

/** Found by fuzzing: the validator compares such a length with its limit, and JavaScript cannot turn it into a number. */
const NO_LENGTH = { toString: [null], valueOf: 1 };

test.each([
  ['a list of tracks', CloseTracksRequest, { tracks: { length: NO_LENGTH } }],
  ['a list of tracks that is an array in an array', CloseTracksRequest, { tracks: { length: [{ toString: 1 }] } }],
  ['an SDP', RenegotiateRequest, { sessionDescription: { type: 'answer', sdp: { length: NO_LENGTH } } }],
  ['a name', PublishRequest, { tracks: [{ mid: '0', customTrackName: { length: NO_LENGTH } }] }],
])('%s with a non-numeric length is refused like any other invalid body', (_what, schema, body) => {
  const refusal = (): unknown => {
    try {
      return parseRequest(schema, JSON.parse(JSON.stringify(body)));
    } catch (error) {
      return error;
    }
  };

  const error = refusal();

  expect(error).toBeInstanceOf(SfuError);
  expect(['invalid_params', 'invalid_session_description']).toContain((error as SfuError).code);
});
