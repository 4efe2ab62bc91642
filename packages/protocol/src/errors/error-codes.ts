/** What a client needs to know about an error code. */
export interface ErrorCodeInfo {
  readonly httpStatus: number;
  /** Whether the same request may succeed later, unchanged. */
  readonly retryable: boolean;
  readonly meaning: string;
}

/**
 * The closed list of error codes, and the only place that defines the status and meaning of each. `docs/errors.md` is
 * checked against it. A code is never renamed or reused.
 */
export const ERROR_CODES = {
  malformed_request: { httpStatus: 400, retryable: false, meaning: 'The request is not HTTP as this server understands it.' },
  invalid_json: {
    httpStatus: 400,
    retryable: false,
    meaning: 'The request body is not JSON, or is nested too deeply; `details.line` and `details.column` say where.',
  },
  invalid_params: {
    httpStatus: 400,
    retryable: false,
    meaning: 'A field is missing or invalid; `details.path` names it. Nothing was changed.',
  },
  invalid_session_description: {
    httpStatus: 400,
    retryable: false,
    meaning: 'The session description cannot be used: it has the wrong type, is not valid SDP, or does not continue this session.',
  },
  too_many_tracks: { httpStatus: 400, retryable: false, meaning: 'One call names more tracks or data channels than allowed; split it.' },
  multiple_errors: {
    httpStatus: 400,
    retryable: false,
    meaning: 'Every item of the call failed, for different reasons; see `tracks` or `dataChannels`.',
  },
  unauthorized: {
    httpStatus: 401,
    retryable: false,
    meaning:
      'The credential does not belong to the app, the token is invalid, or the Authorization header is not `Bearer <secret or token>`.',
  },
  token_expired: { httpStatus: 401, retryable: false, meaning: 'The access token was valid but has expired; fetch a new one.' },
  code_required: {
    httpStatus: 401,
    retryable: false,
    meaning: 'The password is right, and the person has a second factor: send its `code`, too.',
  },
  code_invalid: {
    httpStatus: 401,
    retryable: false,
    meaning: 'The code of the second factor is wrong, has expired, or has already been used.',
  },
  forbidden: { httpStatus: 403, retryable: false, meaning: 'The access token does not grant this action.' },
  quota_exceeded: {
    httpStatus: 403,
    retryable: false,
    meaning: 'The session or app has reached a limit on what may exist at one time or on what may be sent.',
  },
  route_not_found: { httpStatus: 404, retryable: false, meaning: 'No such path in this API.' },
  session_not_found: { httpStatus: 404, retryable: false, meaning: 'This app has no session with this id.' },
  track_not_found: { httpStatus: 404, retryable: false, meaning: 'The session has no such track, name or media line.' },
  data_channel_not_found: { httpStatus: 404, retryable: false, meaning: 'The session has no data channel with this name or id.' },
  org_not_found: { httpStatus: 404, retryable: false, meaning: 'There is no such organisation, or the caller is not a member of it.' },
  app_not_found: { httpStatus: 404, retryable: false, meaning: 'There is no such app, or it belongs to another organisation.' },
  key_not_found: { httpStatus: 404, retryable: false, meaning: 'There is no such key, or it belongs to another organisation.' },
  webhook_not_found: { httpStatus: 404, retryable: false, meaning: 'There is no such webhook, or it belongs to another organisation.' },
  delivery_not_found: { httpStatus: 404, retryable: false, meaning: 'The webhook has no such delivery, or it is no longer kept.' },
  member_not_found: { httpStatus: 404, retryable: false, meaning: 'The organisation has no such member.' },
  invitation_not_found: {
    httpStatus: 404,
    retryable: false,
    meaning: 'There is no such invitation: it has expired, or was accepted, replaced or withdrawn.',
  },
  method_not_allowed: { httpStatus: 405, retryable: false, meaning: 'The path exists, but not with this method; see the Allow header.' },
  request_timeout: { httpStatus: 408, retryable: true, meaning: 'The request did not arrive completely in time.' },
  negotiation_glare: {
    httpStatus: 409,
    retryable: true,
    meaning: 'The SFU has an offer open for this session: answer it with `renegotiate`, then send your offer again.',
  },
  negotiation_in_progress: {
    httpStatus: 409,
    retryable: true,
    meaning: 'An earlier offer of the SFU was not answered while this call waited; answer it, then try again.',
  },
  no_pending_offer: { httpStatus: 409, retryable: false, meaning: 'An answer was sent, but the SFU has no offer open.' },
  stale_answer: {
    httpStatus: 409,
    retryable: false,
    meaning: 'The answer belongs to an offer that the SFU has withdrawn because it was not answered in time.',
  },
  track_name_conflict: {
    httpStatus: 409,
    retryable: false,
    meaning: 'Another track of this session has this name; choose a different name or send `replace: true`.',
  },
  data_channel_conflict: {
    httpStatus: 409,
    retryable: false,
    meaning: 'The session already has a data channel of this name with other settings or another id.',
  },
  app_conflict: {
    httpStatus: 409,
    retryable: false,
    meaning: 'The app id is or was in use, or the app is configured on the node and cannot be changed here.',
  },
  key_conflict: { httpStatus: 409, retryable: false, meaning: 'The app already has a key with this id, or the key cannot be replaced.' },
  webhook_disabled: {
    httpStatus: 409,
    retryable: false,
    meaning: 'The webhook is disabled, so nothing can be sent to it again; enable it first.',
  },
  member_conflict: {
    httpStatus: 409,
    retryable: false,
    meaning: 'The person is already a member, or is the last owner, whom an organisation must keep.',
  },
  factor_conflict: {
    httpStatus: 409,
    retryable: false,
    meaning: 'The person has this second factor already, or has none to confirm or remove.',
  },
  version_conflict: {
    httpStatus: 409,
    retryable: false,
    meaning: 'This was changed in the meantime: read it again, and send its new version in `If-Match`.',
  },
  codec_mismatch: {
    httpStatus: 409,
    retryable: false,
    meaning: "The track's codec was not negotiated on the media line.",
  },
  rid_not_available: { httpStatus: 409, retryable: false, meaning: 'The track has no simulcast layer with this rid.' },
  session_closed: {
    httpStatus: 410,
    retryable: false,
    meaning: 'The session has ended; `details.reason` says why. Create a new one.',
  },
  payload_too_large: { httpStatus: 413, retryable: false, meaning: 'The request body or the SDP in it is larger than allowed.' },
  unsupported_media_type: {
    httpStatus: 415,
    retryable: false,
    meaning: 'The request body must be uncompressed UTF-8 JSON sent as `Content-Type: application/json`.',
  },
  idempotency_key_reused: {
    httpStatus: 422,
    retryable: false,
    meaning: 'The Idempotency-Key was used with a different request body within the last 10 minutes.',
  },
  rate_limited: {
    httpStatus: 429,
    retryable: true,
    meaning: 'Too many calls, or too many sessions that have not connected yet; wait for `retryAfterMs`.',
  },
  headers_too_large: { httpStatus: 431, retryable: false, meaning: 'The request headers are larger than allowed.' },
  internal_error: { httpStatus: 500, retryable: false, meaning: 'A defect in the SFU; please report it with the `requestId`.' },
  node_unreachable: { httpStatus: 502, retryable: true, meaning: 'The node that owns the session did not answer.' },
  draining: { httpStatus: 503, retryable: true, meaning: 'This node is shutting down and accepts no new sessions.' },
  no_capacity: { httpStatus: 503, retryable: true, meaning: 'No node has capacity for a new session at the moment.' },
  relay_unavailable: {
    httpStatus: 503,
    retryable: true,
    meaning: 'The node of the track or data channel cannot be reached at the moment, or its version cannot pass it on.',
  },
  registry_unavailable: {
    httpStatus: 503,
    retryable: true,
    meaning: 'The sessions, tracks and apps of other nodes cannot be looked up at the moment.',
  },
  books_unavailable: {
    httpStatus: 503,
    retryable: true,
    meaning: 'This node keeps no books, or they cannot be reached at the moment. Sessions and tokens do not need them.',
  },
  identity_provider_unavailable: {
    httpStatus: 503,
    retryable: true,
    meaning: 'The OpenID provider that signs people in does not answer, or not as it should.',
  },
  negotiation_timeout: {
    httpStatus: 504,
    retryable: true,
    meaning: "The SFU's offer was not answered in time and was withdrawn; its subscriptions ended.",
  },
} as const satisfies Record<string, ErrorCodeInfo>;

/** A code of the closed list. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** Whether a text is a code of the closed list. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERROR_CODES, text);
}
