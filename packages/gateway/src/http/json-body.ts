import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS, SfuError } from '@causeway/protocol';
import type { BodyMemory } from './body-memory.ts';
import { findJsonFault } from './json-fault.ts';
import { MAX_DISCARDED_BYTES } from './reply.ts';
import { isInTinyChunks } from './tiny-chunks.ts';

const JSON_TYPE = /^application\/(?:[a-z0-9.+-]+\+)?json *(?:;.*)?$/i;
/** Smaller bodies are parsed in less than a millisecond. */
const LARGE_BODY_BYTES = 64 * 1024;
/** Most bodies arrive within a second. */
const RETRY_AFTER_MS = 1_000;
/** Within this time, a client that keeps sending has filled all buffers and waits. */
const TINY_CHUNKS_DELAY_MS = 100;
const CHARSET = /; *charset *= *"?([^;" ]+)/i;

/** A request whose body the embedder's own parser may already have read. */
type RequestWithBody = IncomingMessage & { readonly body?: unknown };

/**
 * Reads a request body as JSON, with at most `LIMITS.maxBodyBytes` of memory whatever the client sends.
 *
 * @param appId the app whose share of the memory is used
 * @returns undefined if the request has no body
 * @throws unsupported_media_type – not JSON according to its headers, or compressed, since the decompressed size is not
 * known in advance
 * @throws payload_too_large – longer than allowed
 * @throws malformed_request – divided into tiny chunks
 * @throws no_capacity – too much is being sent at once, by this app or to this node
 * @throws invalid_json – not UTF-8, not JSON, nested too deeply, or with too many values
 */
export async function readJsonBody(request: RequestWithBody, memory: BodyMemory, appId: string): Promise<unknown> {
  if (request.body !== undefined) return request.body;
  if (!hasBody(request)) return undefined;
  checkMediaType(request);
  return parseJson(await readBytes(request, memory, appId));
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

async function readBytes(request: IncomingMessage, memory: BodyMemory, appId: string): Promise<Uint8Array> {
  const { maxBodyBytes } = LIMITS;
  const body = new IncomingBody(memory, appId);
  try {
    const isHopeless = Number(request.headers['content-length'] ?? 0) > MAX_DISCARDED_BYTES;
    if (!isHopeless) await body.receive(request);
    if (isHopeless || body.receivedBytes > maxBodyBytes) {
      throw new SfuError('payload_too_large', `the request body must be at most ${maxBodyBytes} bytes`);
    }
    if (body.receivedBytes > LARGE_BODY_BYTES) await memory.takeTurn(appId);
    return body.take();
  } finally {
    body.discard();
  }
}

/** Holds what has arrived of one body, unless it exceeds a limit. */
class IncomingBody {
  readonly #memory: BodyMemory;
  readonly #appId: string;
  readonly #chunks: Uint8Array[] = [];
  #heldBytes = 0;
  receivedBytes = 0;

  constructor(memory: BodyMemory, appId: string) {
    this.#memory = memory;
    this.#appId = appId;
  }

  async receive(request: IncomingMessage): Promise<void> {
    // Leaving the loop early must not destroy the connection, which is needed for the reply.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      this.receivedBytes += chunk.length;
      if (isInTinyChunks(request)) throw await refusalOfTinyChunks();
      if (this.receivedBytes <= LIMITS.maxBodyBytes) this.#hold(chunk);
      else this.discard();
      if (this.receivedBytes > MAX_DISCARDED_BYTES) break;
    }
  }

  take(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }

  discard(): void {
    this.#memory.giveBack(this.#appId, this.#heldBytes);
    this.#heldBytes = 0;
    this.#chunks.length = 0;
  }

  #hold(chunk: Uint8Array): void {
    if (!this.#memory.take(this.#appId, chunk.length)) {
      throw new SfuError('no_capacity', 'too much is being sent to this node at once; try again later', { retryAfterMs: RETRY_AFTER_MS });
    }
    this.#heldBytes += chunk.length;
    this.#chunks.push(chunk);
  }
}

/** Delays the refusal, because the connection of a client that still sends may be reset before it has read the reply (RFC 9112 §9.6). */
async function refusalOfTinyChunks(): Promise<SfuError> {
  await sleep(TINY_CHUNKS_DELAY_MS);
  return new SfuError('malformed_request', 'the request body is divided into chunks that are too small');
}

function parseJson(bytes: Uint8Array): unknown {
  const { maxJsonDepth: maxDepth, maxJsonValues: maxValues } = LIMITS;
  const shape = checkJsonShape(bytes, { maxDepth, maxValues });
  if (shape === 'too deep') throw new SfuError('invalid_json', `the request body is nested more than ${maxDepth} levels deep`);
  if (shape === 'too many values') throw new SfuError('invalid_json', `the request body has more than ${maxValues} values`);
  const text = decodeUtf8(bytes);
  try {
    return JSON.parse(text);
  } catch {
    throw faultOf(text);
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new SfuError('invalid_json', 'the request body is not UTF-8');
  }
}

/** Says where the text stops being JSON, but quotes nothing of it. */
function faultOf(text: string): SfuError {
  const fault = findJsonFault(text);
  if (fault === undefined) return new SfuError('invalid_json', 'the request body is not JSON');
  const { line, column, isEnd } = fault;
  const what = isEnd ? 'it ends too early' : 'unexpected text';
  return new SfuError('invalid_json', `the request body is not JSON: ${what} at line ${line}, column ${column}`, {
    details: { line, column },
  });
}

// Hostile JSON is recognised before it is parsed, because finding it must cost less than parsing it.

export interface JsonShapeLimits {
  /** The maximum nesting depth of objects and arrays. */
  readonly maxDepth: number;
  /** The maximum number of values in all objects and arrays together. */
  readonly maxValues: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Checks the limits in one pass over the bytes. The parser determines whether they are valid JSON. */
export function checkJsonShape(bytes: Uint8Array, { maxDepth, maxValues }: JsonShapeLimits): 'fits' | 'too deep' | 'too many values' {
  let depth = 0;
  let values = 1;
  for (let index = 0; index < bytes.length; index++) {
    switch (bytes[index]) {
      case QUOTE:
        index = endOfString(bytes, index);
        break;
      case OPEN_BRACKET:
      case OPEN_BRACE:
        if (++depth > maxDepth) return 'too deep';
        break;
      case CLOSE_BRACKET:
      case CLOSE_BRACE:
        depth--;
        break;
      case COMMA:
        if (++values > maxValues) return 'too many values';
    }
  }
  return 'fits';
}

/** @returns the index of the closing quote, or the length of the text if there is none */
function endOfString(bytes: Uint8Array, start: number): number {
  let index = start + 1;
  while (index < bytes.length && bytes[index] !== QUOTE) index += bytes[index] === BACKSLASH ? 2 : 1;
  return index;
}
