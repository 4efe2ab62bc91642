import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import express, { type RequestHandler, type Router } from 'express';

/** Longest time caches keep anything; the names of built assets change with their content. */
const ONE_YEAR_SECONDS = 31_536_000;

// No inline scripts or styles, nothing from elsewhere, in no frame. `blob:` is for pictures and media the page makes itself.
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "worker-src 'self'",
  "manifest-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Pages of links that are good once; every other page is after the `#` of the address. */
const ONE_TIME_PAGES = ['/setup', '/invitation'];

const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(self), microphone=(self), display-capture=(self), geolocation=()',
  // The page is opened with the secret in the fragment: browsers never send that, and this keeps the rest private too.
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

/**
 * Serves the built web console.
 *
 * @param folder of the build: `index.html` and `assets/`; default is the package `@causeway/dashboard`, wherever it is installed; if it does not exist, `/` says how to make it
 */
export function createDashboardRouter(folder: string = findDashboardFolder()): Router {
  const router = express.Router();
  router.use(setSecurityHeaders);
  if (!existsSync(join(folder, 'index.html'))) return router.get('/', sayNotBuilt);
  const assets = { immutable: true, maxAge: ONE_YEAR_SECONDS * 1000, index: false, redirect: false, dotfiles: 'ignore' } as const;
  router.use('/assets', express.static(join(folder, 'assets'), assets));
  router.get(ONE_TIME_PAGES, (_request, response) => {
    askEachTime(response);
    response.sendFile(join(folder, 'index.html'), { cacheControl: false });
  });
  router.use(express.static(folder, { cacheControl: false, redirect: false, dotfiles: 'ignore', setHeaders: askEachTime }));
  return router;
}

const setSecurityHeaders: RequestHandler = (_request, response, next) => {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
  next();
};

function askEachTime(response: express.Response): void {
  response.setHeader('Cache-Control', 'no-cache');
}

const sayNotBuilt: RequestHandler = (_request, response) => {
  response.status(503).type('text/plain').setHeader('Cache-Control', 'no-store');
  response.end('The page is not built yet: run `npm run build -w @causeway/dashboard`, then restart. The API works without it.\n');
};

/**
 * Where the built web console is: in `dist` of the package `@causeway/dashboard`, found as Node finds packages, so that it works
 * from a checkout, from an installation and in a container image alike.
 *
 * @returns a folder that does not exist if the package is not installed
 */
export function findDashboardFolder(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('@causeway/dashboard/package.json')), 'dist');
  } catch {
    return '/nonexistent';
  }
}
