/** Ways in which a client that knows an app's secret can abuse the HTTP API. */
import { gzipSync } from 'node:zlib';
import { longOffer } from '../../negotiation/long-offers.ts';
import { converse, type StatusCounts } from './raw-http.ts';

export const ABUSER = { id: 'abuser', secret: 'the-abusers-secret-known-to-this-machine-only' } as const;

export interface Abuse {
  readonly name: string;
  /** Status codes of which each must occur. */
  readonly wanted: readonly string[];
  /** Further status codes that may occur: an app that calls too often is told so before anything is read. */
  readonly tolerated: readonly string[];
  readonly atOnce: number;
  once(url: URL, counts: StatusCounts): Promise<void>;
}

const PATIENCE_MS = 15_000;
const MIB = 1024 * 1024;

const CREATE = `POST /api/sfu/${ABUSER.id}/session/new HTTP/1.1\r\nHost: node\r\nAuthorization: Bearer ${ABUSER.secret}\r\nContent-Type: application/json\r\n`;
const LIST = `GET /api/sfu/${ABUSER.id}/sessions HTTP/1.1\r\nHost: node\r\nAuthorization: Bearer ${ABUSER.secret}\r\n`;
const LONG_SDP = `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n${'a=x\r\n'.repeat(50_000)}`;

export const ABUSES: readonly Abuse[] = [
  pouring('a gigabyte in chunks', '413', Buffer.from(`10000\r\n${'x'.repeat(0x10000)}\r\n`)),
  pouring('a gigabyte in chunks of a byte', '400', Buffer.from('1\r\nx\r\n'.repeat(10_000))),
  posting('JSON nested 200,000 deep', '400', '{"":'.repeat(200_000)),
  posting('JSON of 500,000 numbers', '400', `[${'0,'.repeat(500_000)}0]`),
  posting('SDP of 50,000 lines', '400', JSON.stringify({ sessionDescription: { type: 'offer', sdp: LONG_SDP } })),
  {
    ...posting('offers with 256 m-sections', '200', JSON.stringify({ sessionDescription: { type: 'offer', sdp: longOffer('sendonly') } })),
    // Sessions that never connect soon reach the app's own limit.
    tolerated: ['429', '403', '503'],
    atOnce: 20,
  },
  posting('a gzip bomb of 256 MB', '415', gzipSync(Buffer.alloc(256 * MIB)), 'Content-Encoding: gzip\r\n'),
  {
    name: '500 slow senders',
    wanted: ['408'],
    tolerated: [],
    atOnce: 500,
    once: (url, counts) => converse({ url, start: `${CREATE}X-Slow: `, patienceMs: PATIENCE_MS }, counts),
  },
  {
    name: '10,000 requests a second',
    wanted: ['200', '429'],
    tolerated: [],
    // Ten requests on each of ten connections, a hundred times a second, for five seconds.
    atOnce: 10,
    once: (url, counts) =>
      converse({ url, start: '', repeated: { bytes: `${LIST}\r\n`.repeat(10), everyMs: 10, times: 500 }, patienceMs: PATIENCE_MS }, counts),
  },
];

function pouring(name: string, wanted: string, bytes: Buffer): Abuse {
  const conversation = {
    start: `${CREATE}Transfer-Encoding: chunked\r\n\r\n`,
    more: { bytes, limitBytes: 1024 * MIB },
    patienceMs: PATIENCE_MS,
  };
  return { name, wanted: [wanted], tolerated: ['429'], atOnce: 4, once: (url, counts) => converse({ url, ...conversation }, counts) };
}

function posting(name: string, wanted: string, body: string | Buffer, headers = ''): Abuse {
  const bytes = Buffer.from(body);
  const start = Buffer.concat([Buffer.from(`${CREATE}${headers}Connection: close\r\nContent-Length: ${bytes.length}\r\n\r\n`), bytes]);
  return {
    name,
    wanted: [wanted],
    tolerated: ['429'],
    atOnce: 4,
    once: (url, counts) => converse({ url, start, patienceMs: PATIENCE_MS }, counts),
  };
}
