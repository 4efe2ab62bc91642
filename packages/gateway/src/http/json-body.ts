import type { IncomingMessage } from 'node:http';
import { LIMITS, SfuError } from '@causeway/protocol';
import { isDeeperThan } from './json-depth.ts';
import { MAX_DISCARDED_BYTES } from './unread-body.ts';

const JSON_TYPE = /^application\/(?:[a-z0-9.+-]+\+)?json *(?:;.*)?$/i;
const CHARSET = /; *charset *= *"?([^;" ]+)/i;

/** A request whose body the embedder's own parser may have read already. */
type RequestWithBody = IncomingMessage & { readonly body?: unknown };

/**
 * Reads a request body as JSON, in at most `LIMITS.maxBodyBytes` of memory whatever the client sends.
 *
 * @returns undefined if the request has no body
 * @throws unsupported_media_type – not JSON by its headers, or compressed: what a compressed body will become is not known in time
 * @throws payload_too_large – longer than allowed
 * @throws invalid_json – not UTF-8, not JSON, or nested too deeply
 */
export async function readJsonBody(request: RequestWithBody): Promise<unknown> {
  if (request.body !== undefined) return request.body;
  if (!hasBody(request)) return undefined;
  checkMediaType(request);
  return parseJson(await readBytes(request));
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function checkMediaType({ headers }: IncomingMessage): void {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding.toLowerCase() !== 'identity') {
    throw new SfuError('unsupported_media_type', `the request body must not be compressed (Content-Encoding: ${encoding})`);
  }
  const type = headers['content-type'];
  if (type === undefined || !JSON_TYPE.test(type)) {
    const got = type === undefined ? 'no Content-Type' : `Content-Type: ${type}`;
    throw new SfuError('unsupported_media_type', `the request body must be sent with Content-Type: application/json, got ${got}`);
  }
  const charset = CHARSET.exec(type)?.[1] ?? 'utf-8';
  if (!/^utf-?8$/i.test(charset)) throw new SfuError('unsupported_media_type', `the request body must be UTF-8, got Content-Type: ${type}`);
}

async function readBytes(request: IncomingMessage): Promise<Uint8Array> {
  const { maxBodyBytes } = LIMITS;
  const chunks: Uint8Array[] = [];
  let receivedBytes = Number(request.headers['content-length'] ?? 0) > MAX_DISCARDED_BYTES ? Number.POSITIVE_INFINITY : 0;
  if (receivedBytes === 0) {
    // Leaving the loop early must not destroy the connection that the reply goes out on.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      receivedBytes += chunk.length;
      if (receivedBytes <= maxBodyBytes) chunks.push(chunk);
      else chunks.length = 0;
      if (receivedBytes > MAX_DISCARDED_BYTES) break;
    }
  }
  if (receivedBytes > maxBodyBytes) throw new SfuError('payload_too_large', `the request body must be at most ${maxBodyBytes} bytes`);
  return Buffer.concat(chunks);
}

function parseJson(bytes: Uint8Array): unknown {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    // The parser's own message repeats what it could not read, and with it SDP.
    throw new SfuError('invalid_json', 'the request body is not JSON in UTF-8');
  }
  if (isDeeperThan(LIMITS.maxJsonDepth, value)) {
    throw new SfuError('invalid_json', `the request body is nested more than ${LIMITS.maxJsonDepth} levels deep`);
  }
  return value;
}
