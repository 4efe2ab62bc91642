/** Texts for people about a failure: what happened, and what to do about it. */

import { SfuApiError } from '@causeway/client';
import type { ErrorCode } from '@causeway/protocol';

export interface ErrorText {
  readonly title: string;
  /** The words of the SFU or the browser, ids and all, for the developer who has to find out why; may be empty. */
  readonly detail: string;
}

const TITLES: Readonly<Partial<Record<ErrorCode | 'network_failure' | 'unexpected_reply', string>>> = {
  unauthorized: 'The app ID or the secret is wrong.',
  token_expired: 'The access token has expired. Connect again with a new one.',
  forbidden: 'The access token does not allow this.',
  quota_exceeded: 'This app has reached a limit.',
  session_not_found: 'That session no longer exists.',
  track_not_found: 'That track is no longer published.',
  track_name_conflict: 'Another track of this session already has that name.',
  codec_mismatch: 'This browser supports none of the codecs of that track.',
  rid_not_available: 'The publisher does not send that layer.',
  session_closed: 'The node has closed this session.',
  rate_limited: 'Too many calls. Try again in a moment.',
  draining: 'This node is shutting down and accepts no new sessions.',
  no_capacity: 'This node has no capacity for another session right now.',
  node_unreachable: 'The node that owns that session is not responding.',
  relay_unavailable: 'The node of the track or data channel cannot be reached at the moment.',
  negotiation_glare: 'The session is busy with another change. Try again.',
  negotiation_in_progress: 'The session is busy with another change. Try again.',
  negotiation_timeout: 'The change took too long and was withdrawn. Try again.',
  stale_answer: 'The change took too long and was withdrawn. Try again.',
  invalid_session_description: "The node could not use this browser's media description.",
  internal_error: 'Something went wrong on the node. Please report this with the request ID.',
  network_failure: 'The node is not responding.',
  unexpected_reply: 'The reply did not come from a node.',
};

/** `getUserMedia` failures, by `DOMException.name`. @see Media Capture and Streams §10 */
const CAPTURE_TITLES: Readonly<Record<string, string>> = {
  NotAllowedError: 'Access to the camera or microphone was denied.',
  NotFoundError: 'No camera or microphone was found.',
  NotReadableError: 'The camera or microphone is in use by another program.',
  OverconstrainedError: 'The camera does not support that resolution.',
};

/** @param failure anything that was thrown */
export function errorText(failure: unknown): ErrorText {
  if (failure instanceof SfuApiError) return apiErrorText(failure);
  if (!isErrorLike(failure)) return { title: 'Something went wrong.', detail: String(failure) };
  // Our own errors are sentences already; the browser's are not.
  if (failure.name === 'Error') return { title: failure.message, detail: '' };
  return { title: CAPTURE_TITLES[failure.name] ?? 'Something went wrong in this browser.', detail: failure.message };
}

/** This checks properties, because `instanceof Error` is false for a `DOMException` of another realm. */
function isErrorLike(failure: unknown): failure is { readonly name: string; readonly message: string } {
  return typeof failure === 'object' && failure !== null && 'name' in failure && 'message' in failure;
}

function apiErrorText({ facts }: SfuApiError): ErrorText {
  const reason = facts.code === 'session_closed' && typeof facts.details?.reason === 'string' ? ` (${facts.details.reason})` : '';
  const request = facts.requestId === undefined ? '' : ` · request ${facts.requestId}`;
  return {
    title: TITLES[facts.code] ?? sentence(facts.description),
    detail: `${facts.code}${reason}: ${facts.description}${request}`,
  };
}

function sentence(text: string): string {
  const capitalised = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capitalised) ? capitalised : `${capitalised}.`;
}
