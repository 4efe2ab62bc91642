import type { ServerResponse } from 'node:http';

/** Sends a whole reply as JSON that caches do not store and browsers do not interpret as anything else. */
export function sendJson(response: ServerResponse, httpStatus: number, json: string): void {
  response.statusCode = httpStatus;
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Content-Length', Buffer.byteLength(json));
  response.end(json);
}
