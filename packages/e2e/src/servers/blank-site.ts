/**
 * A web site with one empty page on its own origin, so that the page's requests to the SFU are cross-origin. It also serves
 * the in-page kit and the client package, directly from their TypeScript sources.
 */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import { resolve, sep } from 'node:path';

export interface BlankSite {
  /** The page's origin, such as `http://localhost:40123`. It differs from the SFU's in host name and port. */
  readonly origin: string;
  close(): Promise<void>;
}

/** Sources that the site serves, by the first part of their path. */
const SOURCE_FOLDERS = new Map([
  ['src', resolve(import.meta.dirname, '..')],
  ['client', resolve(import.meta.dirname, '../../../client/src')],
  ['lab', resolve(import.meta.dirname, '../../../lab/src')],
]);
/** Path of the in-page kit's entry on the site. */
export const KIT_PATH = '/src/in-page/kit.ts';
const IMPORT_MAP = '{"imports":{"@causeway/client":"/client/index.ts","@causeway/lab/wait-until":"/lab/wait-until.ts"}}';
const PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>blank</title><link rel="icon" href="data:,"><script type="importmap">${IMPORT_MAP}</script></head><body></body></html>`;

/** Serves the site on a free port. @param host an address of this machine. Default: the loopback interface */
export async function startBlankSite(host?: string): Promise<BlankSite> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    if (path === '/') send(response, 200, 'text/html', PAGE);
    else void sendSource(response, path);
  }).listen(0, host ?? '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error(`a web server without a port: ${address}`);
  return {
    origin: `http://${host ?? 'localhost'}:${address.port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function sendSource(response: ServerResponse, path: string): Promise<void> {
  const [, place = '', ...rest] = path.split('/');
  const folder = SOURCE_FOLDERS.get(place);
  const file = resolve(folder ?? '', rest.join('/'));
  if (folder === undefined || !file.startsWith(folder + sep)) return send(response, 404, 'text/plain', 'no such page');
  try {
    send(response, 200, 'text/javascript', stripTypeScriptTypes(await readFile(file, 'utf8')));
  } catch (error) {
    send(response, 404, 'text/plain', String(error));
  }
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { 'content-type': `${contentType}; charset=utf-8`, 'cache-control': 'no-store' }).end(body);
}
