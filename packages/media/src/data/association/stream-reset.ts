/**
 * Stream resets of both ends, by which data channels are closed without losing what was sent on them.
 *
 * @see RFC 6525 §5, RFC 8831 §6.7
 */
import {
  type OutgoingResetRequest,
  type ReconfigParameter,
  type ReconfigResponse,
  ReconfigResult,
  tsnDistance,
  writeReconfig,
} from '@causeway/wire';
import type { ChunkReceiver } from './chunk-receiver.ts';
import type { ChunkSender } from './chunk-sender.ts';
import type { OutgoingPacket } from './outgoing-packet.ts';

export interface StreamResetListener {
  /** The peer has reset its side of these streams; an empty list means all. */
  onIncomingReset(streamIds: readonly number[]): void;
  /** A reset of our side is over, because the peer has confirmed or refused it. */
  onOutgoingReset(streamIds: readonly number[]): void;
}

export interface StreamResetOptions {
  readonly sender: ChunkSender;
  readonly receiver: ChunkReceiver;
  readonly listener: StreamResetListener;
  /** Requests are numbered from the initial TSNs on (RFC 6525 §4.1). */
  readonly localInitialTsn: number;
  readonly peerInitialTsn: number;
}

/** Chosen so that a request and a response fit a packet that also has a SACK. */
const MAX_STREAMS_PER_REQUEST = 100;
const MAX_CHUNK_BYTES = 24 + 2 * MAX_STREAMS_PER_REQUEST;
/** A well-behaved peer has one request open. More than this many within one turn are not answered. */
const MAX_WAITING_RESPONSES = 16;

export class StreamReset {
  /** When to repeat our request; Infinity if none is open. */
  repeatAtMs = Number.POSITIVE_INFINITY;
  readonly #options: StreamResetOptions;
  /** Streams to reset once nothing waits to be sent on them. */
  readonly #wanted = new Set<number>();
  #request: OutgoingResetRequest | undefined;
  /** Streams of the request that no longer need a response. */
  readonly #assumed = new Set<number>();
  #isRequestDue = false;
  #nextRequestSequence: number;
  #expectedSequence: number;
  /** A request of the peer that waits for chunks in flight. */
  #awaited: OutgoingResetRequest | undefined;
  readonly #responses: ReconfigResponse[] = [];
  #lastResponse: ReconfigResponse | undefined;

  constructor(options: StreamResetOptions) {
    this.#options = options;
    this.#nextRequestSequence = options.localInitialTsn;
    this.#expectedSequence = options.peerInitialTsn;
  }

  /** Resets our side of a stream, after everything that was sent on it. */
  want(streamId: number): void {
    if (this.#request?.streamIds.includes(streamId) !== true || this.#assumed.has(streamId)) this.#wanted.add(streamId);
  }

  /** Treats a reset of our side as confirmed, before the response arrives. */
  assumePerformed(streamId: number): void {
    this.#options.sender.resetStream(streamId);
    if (this.#request?.streamIds.includes(streamId) === true) this.#assumed.add(streamId);
  }

  handleTimeout(nowMs: number): void {
    if (this.repeatAtMs > nowMs) return;
    this.#isRequestDue = true;
    this.repeatAtMs = nowMs + this.#options.sender.roundTrip.rtoMs;
  }

  handle(parameter: ReconfigParameter): void {
    if (parameter.type === 'response') this.#handleResponse(parameter);
    else this.#handleRequest(parameter);
  }

  /** Performs a deferred request of the peer if its chunks have arrived. Called after each packet. */
  handleProgress(): void {
    if (this.#awaited === undefined || !this.#options.receiver.hasAllUpTo(this.#awaited.lastTsn)) return;
    const request = this.#awaited;
    this.#awaited = undefined;
    this.#perform(request);
  }

  /** Adds responses, and our request if it is due. */
  fill(nowMs: number, packet: OutgoingPacket): void {
    while (this.#responses.length > 0 && packet.room >= MAX_CHUNK_BYTES) {
      packet.at = writeReconfig(packet.bytes, packet.at, this.#responses.shift() as ReconfigResponse);
    }
    if (this.#request === undefined && this.#wanted.size > 0) this.#beginRequest();
    if (this.#request === undefined || !this.#isRequestDue || packet.room < MAX_CHUNK_BYTES) return;
    this.#isRequestDue = false;
    this.repeatAtMs = nowMs + this.#options.sender.roundTrip.rtoMs;
    packet.at = writeReconfig(packet.bytes, packet.at, this.#request);
  }

  #beginRequest(): void {
    const { sender } = this.#options;
    const streamIds = [...this.#wanted].filter((streamId) => !sender.hasQueued(streamId)).slice(0, MAX_STREAMS_PER_REQUEST);
    if (streamIds.length === 0) return;
    for (const streamId of streamIds) this.#wanted.delete(streamId);
    this.#isRequestDue = true;
    this.#request = {
      type: 'outgoing-reset',
      requestSequence: this.#nextRequestSequence,
      responseSequence: (this.#expectedSequence - 1) >>> 0,
      lastTsn: sender.lastTsn,
      streamIds,
    };
    this.#nextRequestSequence = (this.#nextRequestSequence + 1) >>> 0;
  }

  #handleResponse({ responseSequence, result }: ReconfigResponse): void {
    const request = this.#request;
    // If the peer still waits for some of our chunks, the timer repeats the request.
    if (request === undefined || responseSequence !== request.requestSequence || result === ReconfigResult.inProgress) return;
    this.#request = undefined;
    this.#isRequestDue = false;
    this.repeatAtMs = Number.POSITIVE_INFINITY;
    const confirmed = request.streamIds.filter((streamId) => !this.#assumed.has(streamId));
    this.#assumed.clear();
    for (const streamId of confirmed) this.#options.sender.resetStream(streamId);
    this.#options.listener.onOutgoingReset(confirmed);
  }

  #handleRequest(request: Exclude<ReconfigParameter, ReconfigResponse>): void {
    const { requestSequence } = request;
    const distance = tsnDistance(this.#expectedSequence, requestSequence);
    // A request with the previous number means that our response was lost.
    if (this.#responses.length >= MAX_WAITING_RESPONSES) return;
    if (distance === -1 && this.#lastResponse !== undefined) this.#responses.push(this.#lastResponse);
    else if (distance !== 0) this.#respond(requestSequence, ReconfigResult.badSequence);
    else if (request.type === 'unsupported') this.#conclude(requestSequence, ReconfigResult.denied);
    else if (this.#options.receiver.hasAllUpTo(request.lastTsn)) this.#perform(request);
    else {
      this.#awaited = request;
      this.#respond(requestSequence, ReconfigResult.inProgress);
    }
  }

  #perform(request: OutgoingResetRequest): void {
    this.#options.receiver.resetStreams(request.streamIds);
    this.#conclude(request.requestSequence, ReconfigResult.performed);
    this.#options.listener.onIncomingReset(request.streamIds);
  }

  #conclude(responseSequence: number, result: number): void {
    this.#awaited = undefined;
    this.#expectedSequence = (responseSequence + 1) >>> 0;
    this.#lastResponse = { type: 'response', responseSequence, result };
    this.#responses.push(this.#lastResponse);
  }

  #respond(responseSequence: number, result: number): void {
    this.#responses.push({ type: 'response', responseSequence, result });
  }
}
