/** The calls of the public HTTP API that a load client makes: what any backend in any language would send. */

export interface SfuAddress {
  /** Without a path: `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly appId: string;
  readonly secret: string;
}

export interface CreatedSession {
  readonly sessionId: string;
  readonly answerSdp: string;
}

export interface RemoteTrack {
  readonly remoteSessionId: string;
  readonly remoteTrackId: string;
}

type JsonObject = Readonly<Record<string, unknown>>;

export class SfuApi {
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ url, appId, secret }: SfuAddress) {
    this.#base = `${url.replace(/\/$/, '')}/api/sfu/${encodeURIComponent(appId)}`;
    this.#headers = { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json' };
  }

  async createSession(offerSdp: string): Promise<CreatedSession> {
    const reply = await this.#call('POST', 'session/new', { sessionDescription: { type: 'offer', sdp: offerSdp } });
    return { sessionId: text(reply, 'sessionId'), answerSdp: text(object(reply, 'sessionDescription'), 'sdp') };
  }

  /** @returns the SFU's offer; undefined when the subscription needs no new description */
  async subscribe(sessionId: string, tracks: readonly RemoteTrack[]): Promise<string | undefined> {
    const reply = await this.#call('POST', `${sessionPath(sessionId)}/track/subscribe`, { tracks });
    if (reply.immediateRenegotiationRequired !== true) return undefined;
    return text(object(reply, 'sessionDescription'), 'sdp');
  }

  /** @throws Error – also when the channel is refused, with the reply */
  async subscribeData(
    sessionId: string,
    channel: { readonly remoteSessionId: string; readonly dataChannelName: string; readonly canReply?: 'many' },
  ): Promise<void> {
    const reply = await this.#call('POST', `${sessionPath(sessionId)}/datachannel/subscribe`, { dataChannels: [channel] });
    const [outcome] = Array.isArray(reply.dataChannels) ? (reply.dataChannels as unknown[]) : [];
    if (!isObject(outcome) || 'errorCode' in outcome) throw new Error(`The data channel was refused: ${JSON.stringify(reply)}`);
  }

  /** What later subscribers of a channel are given first. */
  async retainLast(sessionId: string, dataChannelName: string): Promise<void> {
    await this.#call('POST', `${sessionPath(sessionId)}/datachannel/publish`, { dataChannels: [{ dataChannelName, retain: 'last' }] });
  }

  async answer(sessionId: string, answerSdp: string): Promise<void> {
    await this.#call('PUT', `${sessionPath(sessionId)}/renegotiate`, { sessionDescription: { type: 'answer', sdp: answerSdp } });
  }

  /** Asks for one simulcast layer, or for the best with `auto`; or stops and goes on with what arrives at `mid`. */
  async updateTrack(
    sessionId: string,
    change: { readonly mid: string; readonly quality?: string; readonly paused?: boolean },
  ): Promise<void> {
    await this.#call('PUT', `${sessionPath(sessionId)}/track/update`, { tracks: [change] });
  }

  async deleteSession(sessionId: string): Promise<void> {
    await this.#call('DELETE', sessionPath(sessionId));
  }

  /** @throws Error – when the reply is not 2xx; the message holds the call, the status and the body */
  async #call(method: string, path: string, body?: JsonObject): Promise<JsonObject> {
    const response = await fetch(`${this.#base}/${path}`, {
      method,
      headers: this.#headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const reply = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${reply}`);
    return reply === '' ? {} : parseObject(reply, `${method} ${path}`);
  }
}

function sessionPath(sessionId: string): string {
  return `session/${encodeURIComponent(sessionId)}`;
}

function parseObject(reply: string, call: string): JsonObject {
  const value: unknown = JSON.parse(reply);
  if (isObject(value)) return value;
  throw new Error(`${call} was answered with JSON that is no object: ${reply}`);
}

function object(parent: JsonObject, field: string): JsonObject {
  const value = parent[field];
  if (isObject(value)) return value;
  throw new Error(`Expected an object "${field}" in the reply ${JSON.stringify(parent)}`);
}

function text(parent: JsonObject, field: string): string {
  const value = parent[field];
  if (typeof value === 'string') return value;
  throw new Error(`Expected a text "${field}" in the reply ${JSON.stringify(parent)}`);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null;
}
