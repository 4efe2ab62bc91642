/** Checks the service as clients see it at its public URL, through any proxy or load balancer. */
import { once } from 'node:events';
import { connect } from 'node:tls';
import type { BooksPlace } from '../config/books-place.ts';
import { isLoopback } from '../config/network-kinds.ts';
import { type Finding, ok, problem, skipped, warning } from './finding.ts';

/** The credentials for an app's event stream. */
export interface EventAccess {
  readonly appId: string;
  /** A token or the app's secret. */
  readonly credential: string;
}

const ANSWER_WITHIN_MS = 5_000;
/** A node writes the first line of a stream immediately. */
const FIRST_LINE_WITHIN_MS = 2_000;
const HTTPS_PORT = 443;
const RENEWED_DAYS = 14;
const DAY_MS = 86_400_000;
const PROXY = 'infra/proxy has configurations that work';

/** @param access undefined if no credential is available */
export async function checkService(url: URL, access: EventAccess | undefined): Promise<readonly Finding[]> {
  const reached = await checkReached(url);
  if (reached.verdict === 'problem') return [reached];
  return [reached, checkOrigin(url), ...(url.protocol === 'https:' ? [await checkCertificate(url)] : []), await checkEvents(url, access)];
}

async function checkReached(url: URL): Promise<Finding> {
  const check = 'service';
  try {
    const reply = await fetch(new URL('/readyz', url), { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    if (reply.status === 200) return ok(check, `${url.origin} answers`);
    return problem(check, `${url.origin} answers ${reply.status} to /readyz`, `look at the log of the node behind it; ${PROXY}`);
  } catch (error) {
    const { cause, message } = error as Error;
    const why = cause instanceof Error ? cause.message : message;
    return problem(check, `${url.origin} cannot be reached: ${why}`, PROXY);
  }
}

function checkOrigin({ protocol, hostname, origin }: URL): Finding {
  const check = 'camera origin';
  const isLocal = hostname === 'localhost' || isLoopback(hostname.replace(/^\[|\]$/g, ''));
  if (protocol === 'https:') return ok(check, `browsers give pages of ${origin} camera and microphone`);
  if (isLocal) return ok(check, 'browsers give pages of this machine camera and microphone; others need HTTPS');
  return problem(check, `browsers give pages of ${origin} neither camera nor microphone: it is not HTTPS`, PROXY);
}

async function checkCertificate({ hostname, port, host }: URL): Promise<Finding> {
  const check = 'certificate';
  // The request before this one has already checked the certificate against the name.
  const socket = connect({ host: hostname, port: port === '' ? HTTPS_PORT : Number(port), servername: hostname });
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    const days = Math.floor((Date.parse(socket.getPeerCertificate().valid_to) - Date.now()) / DAY_MS);
    if (days >= RENEWED_DAYS) return ok(check, `it is good for ${days} days`);
    return warning(check, `it is good for ${days} days`, 'renew it, and see why it was not renewed by itself');
  } catch (error) {
    return problem(check, `it cannot be read: ${(error as Error).message}`, `openssl s_client -connect ${host}`);
  } finally {
    socket.destroy();
  }
}

async function checkEvents(url: URL, access: EventAccess | undefined): Promise<Finding> {
  const check = 'events';
  if (access === undefined) {
    return skipped(check, 'no token can be made here to follow events with', 'CAUSEWAY_TOKEN_KEY, or the cluster key, and an app');
  }
  const stop = new AbortController();
  const events = new URL(`/api/sfu/${encodeURIComponent(access.appId)}/events`, url);
  const late = setTimeout(() => stop.abort(), FIRST_LINE_WITHIN_MS);
  try {
    const reply = await fetch(events, { headers: { Authorization: `Bearer ${access.credential}` }, signal: stop.signal });
    if (reply.status !== 200)
      return skipped(check, `the stream of events is answered ${reply.status}`, 'the app must be one that this service knows');
    await reply.body?.getReader().read();
    return ok(check, 'the first line of a stream of events comes at once');
  } catch (error) {
    if (!stop.signal.aborted) return problem(check, `the stream of events ended: ${(error as Error).message}`, PROXY);
    const mend = `switch buffering off for …/events (nginx: proxy_buffering off); ${PROXY}`;
    return problem(check, `nothing of a stream of events came within ${FIRST_LINE_WITHIN_MS / 1_000} s: a proxy holds it back`, mend);
  } finally {
    clearTimeout(late);
    stop.abort();
  }
}

const BACKED_UP_WITHIN_DAYS = 7;

/** Checks whether the books can be written, and whether there is a recent backup. */
export async function checkBooks(place: BooksPlace | undefined, nowMs: number): Promise<readonly Finding[]> {
  if (place === undefined || place.kind === 'off') return [ok('books', 'this node keeps none')];
  // A node without books does not load the package.
  const { checkBooksWritable, lastBackupMs } = await import('@causeway/books');
  const name = place.kind === 'file' ? place.path : 'Postgres';
  try {
    await checkBooksWritable(place);
  } catch (error) {
    const mend =
      place.kind === 'file' ? `give the user of the node write access to ${place.path} and its folder` : 'CAUSEWAY_BOOKS=postgres://…';
    return [problem('books', `${name} cannot be written: ${(error as Error).message}`, mend)];
  }
  return [ok('books', `${name} can be written`), checkBackup(place, nowMs, lastBackupMs)];
}

function checkBackup(
  place: Exclude<BooksPlace, { kind: 'off' }>,
  nowMs: number,
  lastBackupMs: (path: string) => number | undefined,
): Finding {
  const check = 'backup';
  const mend = 'causeway books backup FILE, every day';
  if (place.kind === 'postgres') return skipped(check, 'how a Postgres is backed up is not known here', mend);
  const atMs = lastBackupMs(place.path);
  if (atMs === undefined) return warning(check, 'the books were never backed up', mend);
  const days = Math.floor((nowMs - atMs) / DAY_MS);
  const fact = `the books were backed up ${days === 0 ? 'today' : `${days} days ago`}`;
  return days < BACKED_UP_WITHIN_DAYS ? ok(check, fact) : warning(check, fact, mend);
}
