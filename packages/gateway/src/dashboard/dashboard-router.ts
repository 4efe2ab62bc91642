import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import express, { type RequestHandler, type Router } from 'express';

/** The longest cache lifetime; the names of built assets change with their content. */
const ONE_YEAR_SECONDS = 31_536_000;

// Allows no inline scripts or styles, no external resources, and no framing. `blob:` is for images and media that the
// page creates.
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

/** Pages of one-time links, and the one to which an OpenID provider sends browsers; every other page is in the fragment of the URL. */
const ONE_TIME_PAGES = ['/setup', '/invitation', '/oidc'];

const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(self), microphone=(self), display-capture=(self), geolocation=()',
  // The secret is in the fragment of the URL, which browsers never send; this header keeps the rest of the URL private
  // too.
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

/**
 * Serves the built web console.
 *
 * @param folder of the build, with `index.html` and `assets/`; by default, that of the package `@causeway/dashboard`.
 * If it does not exist, `/` says how to build it
 */
export function createDashboardRouter(folder: string = findDashboardFolder()): Router {
  const router = express.Router();
  router.use(setSecurityHeaders);
  if (!existsSync(join(folder, 'index.html'))) return router.get('/', sayNotBuilt);
  const assets = { immutable: true, maxAge: ONE_YEAR_SECONDS * 1000, index: false, redirect: false, dotfiles: 'ignore' } as const;
  router.use('/assets', preferCompressed(join(folder, 'assets')), express.static(join(folder, 'assets'), assets));
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

/** The content encodings in which the build stores files, and their file name endings; the most compact first. */
const COMPRESSED_FORMS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

/** Serves the most compact encoding of a file that the caller accepts, which has a third of its length or less. */
function preferCompressed(folder: string): RequestHandler {
  const names = new Set(existsSync(folder) ? readdirSync(folder) : []);
  return (request, response, next) => {
    response.vary('Accept-Encoding');
    const { path } = request;
    const form = COMPRESSED_FORMS.find(
      ([encoding, ending]) => names.has(`${path.slice(1)}${ending}`) && request.acceptsEncodings(encoding, 'identity') === encoding,
    );
    if (form !== undefined) {
      const [encoding, ending] = form;
      response.type(extname(path)).setHeader('Content-Encoding', encoding);
      request.url = `${path}${ending}`;
    }
    next();
  };
}

function askEachTime(response: express.Response): void {
  response.setHeader('Cache-Control', 'no-cache');
}

const sayNotBuilt: RequestHandler = (_request, response) => {
  response.status(503).type('text/plain').setHeader('Cache-Control', 'no-store');
  response.end('The page is not built yet: run `npm run build -w @causeway/dashboard`, then restart. The API works without it.\n');
};

/**
 * Finds the built web console: `dist` of the package `@causeway/dashboard`, resolved as Node resolves packages, so that
 * it works from a checkout, an installation and a container image.
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
