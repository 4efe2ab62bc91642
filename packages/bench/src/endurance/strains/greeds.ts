/** The ways in which one app tries to take a whole node for itself, all at once and each without restraint. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLoadApi, offerOf } from '@causeway/loadtest';
import { converse, type StatusCounts } from './raw-http.ts';

export const GREEDY_APP = { id: 'greedy', secret: 'the-greedy-apps-secret-known-to-this-machine-only' } as const;

export interface GreedTask {
  /** The node's URL on loopback. No limit by client address applies there, so it stands for many clients. */
  readonly url: string;
  /** The node's URL on another address of this machine, which counts as one client. */
  readonly outsideUrl: string;
  /** A session description that the node accepts. */
  readonly offerSdp: string;
  readonly seconds: number;
}

export interface Greed {
  readonly name: string;
  /** Status codes of which each must occur; `cut` stands for connections that were closed without one. */
  readonly wanted: readonly string[];
  readonly tolerated: readonly string[];
  /** How often a status code may occur at most. */
  readonly atMost?: Readonly<Record<string, number>>;
  indulge(task: GreedTask, counts: StatusCounts): Promise<void>;
}

const PATIENCE_MS = 15_000;
const OWN_SESSIONS = 100;
const SLOW_CONNECTIONS = 8_000;
const BETWEEN_CONNECTIONS_MS = 2_000;
const SECTIONS = 256;

export const GREEDS: readonly Greed[] = [
  {
    name: '10,000 new sessions a second',
    wanted: ['429'],
    // These were displaced in the queue by a client of another app.
    tolerated: ['200', '503'],
    async indulge({ url, offerSdp, seconds }, counts) {
      const request = post('session/new', JSON.stringify({ sessionDescription: { type: 'offer', sdp: offerSdp } }));
      await repeatOnTen(url, () => request, seconds, 10, counts);
    },
  },
  {
    name: '5,000 deletions a second, each with a key of its own',
    wanted: ['200'],
    tolerated: ['429'],
    async indulge({ url, offerSdp, seconds }, counts) {
      const sessionIds = await createSessions(url, offerSdp);
      let number = 0;
      const next = () => deletion(sessionIds[number++ % sessionIds.length] ?? '');
      await repeatOnTen(url, next, seconds, 5, counts);
    },
  },
  {
    name: `offers of ${SECTIONS} sections`,
    wanted: [],
    // Each call has a connection of its own, and the slow ones fill the kernel's queue of connections that have not been accepted.
    tolerated: ['200', '400', '403', '429', '503', 'cut'],
    async indulge({ url, offerSdp, seconds }, counts) {
      const request = post(
        'session/new',
        JSON.stringify({ sessionDescription: { type: 'offer', sdp: withManySections(offerSdp) } }),
        'close',
      );
      await untilOver(seconds, 4, () => converse({ url: new URL(url), start: request, patienceMs: PATIENCE_MS }, counts));
    },
  },
  {
    name: `${SLOW_CONNECTIONS} slow connections of one address`,
    wanted: ['cut'],
    tolerated: ['408'],
    async indulge({ outsideUrl, seconds }, counts) {
      await untilOver(seconds, SLOW_CONNECTIONS, async () => {
        await converse({ url: new URL(outsideUrl), start: 'GET / HTTP/1.1\r\nX-Slow: ', patienceMs: PATIENCE_MS }, counts);
        await sleep(BETWEEN_CONNECTIONS_MS);
      });
    },
  },
  {
    name: 'random apps and secrets, 1,000 a second, of one address',
    wanted: ['401'],
    tolerated: ['429', 'cut'],
    // Three hundred arrive at once, and then five a second for half a minute.
    atMost: { 401: 450 },
    async indulge({ outsideUrl, seconds }, counts) {
      const next = () => `GET /api/sfu/${randomUUID()}/sessions HTTP/1.1\r\nHost: node\r\nAuthorization: Bearer ${randomUUID()}\r\n\r\n`;
      await repeatOnTen(outsideUrl, next, seconds, 1, counts);
    },
  },
];

const HEADERS = `Host: node\r\nAuthorization: Bearer ${GREEDY_APP.secret}\r\n`;

function post(path: string, body: string, connection = 'keep-alive'): string {
  const type = `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: ${connection}\r\n`;
  return `POST /api/sfu/${GREEDY_APP.id}/${path} HTTP/1.1\r\n${HEADERS}${type}\r\n${body}`;
}

function deletion(sessionId: string): string {
  return `DELETE /api/sfu/${GREEDY_APP.id}/session/${sessionId} HTTP/1.1\r\n${HEADERS}Idempotency-Key: ${randomUUID()}\r\n\r\n`;
}

/** Sends this many requests at once, on ten connections, a hundred times a second. */
async function repeatOnTen(url: string, next: () => string, seconds: number, atOnce: number, counts: StatusCounts): Promise<void> {
  const bytes = () => Array.from({ length: atOnce }, next).join('');
  const repeated = { bytes, everyMs: 10, times: 100 * seconds };
  await untilOver(seconds, 10, () => converse({ url: new URL(url), start: '', repeated, patienceMs: PATIENCE_MS }, counts));
}

async function untilOver(seconds: number, atOnce: number, act: () => Promise<void>): Promise<void> {
  const endMs = performance.now() + 1000 * seconds;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      do await act();
      while (performance.now() < endMs);
    }),
  );
}

async function createSessions(url: string, offerSdp: string): Promise<readonly string[]> {
  const ids: string[] = [];
  const api = createLoadApi({ url, appId: GREEDY_APP.id, secret: GREEDY_APP.secret });
  for (let tries = 0; ids.length < OWN_SESSIONS && tries < 10 * OWN_SESSIONS; tries++) {
    const created = await api.createSession(offerOf(offerSdp)).catch(() => undefined);
    if (created !== undefined) ids.push(created.sessionId);
  }
  return ids;
}

function withManySections(offerSdp: string): string {
  const [head = '', section = ''] = offerSdp.split(/(?=^m=)/m);
  const mid = /^a=mid:(.*)$/m.exec(section)?.[1]?.trim() ?? '';
  const mids = Array.from({ length: SECTIONS }, (_, index) => `${mid}${index}`);
  const sections = mids.map((each) => section.replace(`a=mid:${mid}`, `a=mid:${each}`));
  return head.replace(/^a=group:BUNDLE .*$/m, `a=group:BUNDLE ${mids.join(' ')}\r`).replace('\r\r', '\r') + sections.join('');
}
