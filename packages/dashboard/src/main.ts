/** Starts the page: reads its address, and requests the code and data of that page while the browser loads the console. */

import { askAhead, pageAt } from './first-page.ts';
import { type Entry, readEntry } from './service/entry.ts';
import './styles/index.css';

// The console may be below a path of a proxy.
const baseUrl = new URL('.', document.baseURI).href;
const { pathname, hash, search } = window.location;
const entry = readEntry(pathname, hash, search);
const keptQuery = entry.kind === 'provider' ? '' : search;
if (entry.kind !== 'console') window.history.replaceState(null, '', `${baseUrl}${keptQuery}#${firstPage(entry)}`);

const page = entry.kind === 'console' ? pageAt(hash) : undefined;
const send = askAhead(baseUrl, page?.reads ?? []);
// The router imports the same module again, and reports it if that fails.
page?.load?.().catch(() => undefined);
try {
  const { openConsole } = await import('./routes.tsx');
  openConsole({ baseUrl, entry, send });
} catch (error) {
  const starting = document.querySelector('.starting');
  if (starting !== null) starting.textContent = 'The console could not be loaded. Reload the page to try again.';
  throw error;
}

/** Returns the address without secrets, so that they do not end up in bookmarks or screenshots. */
function firstPage(opened: Exclude<Entry, { kind: 'console' }>): string {
  if (opened.kind === 'provider') return '/provider';
  return opened.kind === 'bench' ? '/bench' : `/${opened.page}`;
}
