import type { ServerResponse } from 'node:http';
import { isErrorCode } from '@causeway/protocol';
import { sendJson } from '../http/reply.ts';
import { requestContextOf } from '../http/request-context.ts';

/** The whole reply to a call, produced here or by another node. */
export interface CallReply {
  readonly httpStatus: number;
  /** Header names in any case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as JSON. */
  readonly text: string;
}

/** Headers passed on from another node's reply; all others concern its connection or are set here. */
const PASSED_HEADERS: Readonly<Record<string, string>> = {
  'x-sfu-region': 'X-SFU-Region',
  'x-partial': 'X-Partial',
  'retry-after': 'Retry-After',
  'idempotency-replayed': 'Idempotency-Replayed',
  link: 'Link',
};

/** Sends a reply to the client, whichever node produced it. */
export function sendCallReply(response: ServerResponse, { httpStatus, headers, text }: CallReply): void {
  for (const [name, value] of Object.entries(headers)) {
    const passedName = PASSED_HEADERS[name.toLowerCase()];
    if (passedName !== undefined) response.setHeader(passedName, value);
  }
  const errorCode = httpStatus < 400 ? undefined : /"errorCode":"(\w+)"/.exec(text)?.[1];
  if (errorCode !== undefined && isErrorCode(errorCode)) requestContextOf(response).errorCode = errorCode;
  sendJson(response, httpStatus, text);
}
