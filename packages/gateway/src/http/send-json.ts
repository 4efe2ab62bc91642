import type { ServerResponse } from 'node:http';

/** The `Content-Type` of JSON. */
export const JSON_TYPE = 'application/json; charset=utf-8';

/** Sends a whole reply as JSON that caches do not store and browsers do not interpret as anything else. */
export function sendJson(response: ServerResponse, httpStatus: number, json: string): void {
  sendText(response, httpStatus, { type: JSON_TYPE, text: json });
}

/** Like `sendJson`, for another kind of text. */
export function sendText(
  response: ServerResponse,
  httpStatus: number,
  { type, text }: { readonly type: string; readonly text: string },
): void {
  response.statusCode = httpStatus;
  response.setHeader('Content-Type', type);
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Content-Length', Buffer.byteLength(text));
  response.end(text);
}
