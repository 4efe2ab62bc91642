/** Starts the page: reads what it was opened for, and gives React the router. */
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createConsoleRouter } from './routes.tsx';
import { createConsoleServices, ServicesContext } from './service/console-services.ts';
import { type Entry, readEntry } from './service/entry.ts';
import './styles/index.css';

// The console may be below a path of a proxy.
const baseUrl = new URL('.', document.baseURI).href;
const { pathname, hash, search } = window.location;
const entry = readEntry(pathname, hash, search);
const keptQuery = entry.kind === 'provider' ? '' : search;
if (entry.kind !== 'console') window.history.replaceState(null, '', `${baseUrl}${keptQuery}#${firstPage(entry)}`);

// A link with credentials that is pasted into an open console is opened as in a new tab.
window.addEventListener('hashchange', () => {
  if (readEntry(window.location.pathname, window.location.hash).kind === 'bench') window.location.reload();
});

const services = createConsoleServices(baseUrl);
const router = createConsoleRouter({ services, entry });

const place = document.getElementById('console');
if (place === null) throw new Error('index.html has no element #console.');
createRoot(place).render(
  <StrictMode>
    <ServicesContext value={services}>
      <QueryClientProvider client={services.queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </ServicesContext>
  </StrictMode>,
);

/** Where secrets are no longer in the address, so that they end in no bookmark and no screenshot. */
function firstPage(opened: Exclude<Entry, { kind: 'console' }>): string {
  if (opened.kind === 'provider') return '/provider';
  return opened.kind === 'bench' ? '/bench' : `/${opened.page}`;
}
