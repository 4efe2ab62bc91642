import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { createDashboardRouter } from '@causeway/gateway';
import express from 'express';
import { serve } from './support/test-server.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'causeway-dashboard-'));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Causeway</title>');
  writeFileSync(join(folder, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  writeFileSync(join(folder, 'assets/index-abc123.js'), 'export {};');
  writeFileSync(join(folder, 'assets/index-def456.js'), 'export default 1;');
  writeFileSync(join(folder, 'assets/index-def456.js.gz'), gzipSync('export default 1;'));
  writeFileSync(join(folder, 'assets/index-def456.js.br'), brotliCompressSync('export default 1;'));
  writeFileSync(join(folder, 'assets/page-abc456.js.gz'), gzipSync('export default 2;'));
  writeFileSync(join(folder, 'assets/page-abc456.js'), 'export default 2;');
  writeFileSync(join(folder, '.env'), 'SECRET=1');
});
afterAll(() => rmSync(folder, { recursive: true }));

async function load(path: string, from = folder, headers: Readonly<Record<string, string>> = {}) {
  const server = await serve(express().use(createDashboardRouter(from)));
  const reply = await server.send('GET', path, { headers });
  await server.close();
  return reply;
}

test('the page is asked for each time, and may run and load only what comes with it', async () => {
  const { status, headers, text } = await load('/');

  expect(status).toBe(200);
  expect(text).toContain('<title>Causeway</title>');
  expect(headers.get('Content-Type')).toBe('text/html; charset=utf-8');
  expect(headers.get('Cache-Control')).toBe('no-cache');
  expect(headers.get('ETag')).not.toBeNull();
  expect(headers.get('Content-Security-Policy')).toContain("default-src 'none'; script-src 'self'");
  expect(headers.get('Content-Security-Policy')).not.toMatch(/unsafe|\*/);
  expect(headers.get('Permissions-Policy')).toContain('camera=(self)');
  expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
  expect(headers.get('Referrer-Policy')).toBe('no-referrer');
});

test.each(['/setup', '/invitation'])('the page of a one-time link, %s, is the same', async (path) => {
  const [page, first] = [await load(path), await load('/')];

  expect([page.status, page.text]).toEqual([200, first.text]);
  expect(page.headers.get('Cache-Control')).toBe('no-cache');
  expect(page.headers.get('Content-Security-Policy')).toBe(first.headers.get('Content-Security-Policy'));
});

test('assets, whose names change with their content, are kept for a year', async () => {
  const { status, headers } = await load('/assets/index-abc123.js');

  expect(status).toBe(200);
  expect(headers.get('Content-Type')).toMatch(/^text\/javascript/);
  expect(headers.get('Cache-Control')).toBe('public, max-age=31536000, immutable');
});

test.each([
  ['gzip, deflate, br', 'br'],
  ['br, gzip;q=0.5', 'br'],
  ['br;q=0, gzip', 'gzip'],
  ['gzip', 'gzip'],
  ['identity', null],
  ['gzip;q=0', null],
])('an asset that the build has compressed is sent so to who accepts %s: %s', async (accepted, encoding) => {
  const { status, text, headers } = await load('/assets/index-def456.js', folder, { 'Accept-Encoding': accepted });

  expect([status, text]).toEqual([200, 'export default 1;']);
  expect(headers.get('Content-Encoding')).toBe(encoding);
  expect(headers.get('Content-Type')).toMatch(/^text\/javascript/);
  expect(headers.get('Vary')).toContain('Accept-Encoding');
  expect(headers.get('Cache-Control')).toBe('public, max-age=31536000, immutable');
});

test('an asset that the build has not compressed with Brotli is sent in the other form', async () => {
  const { text, headers } = await load('/assets/page-abc456.js', folder, { 'Accept-Encoding': 'gzip, br' });

  expect([text, headers.get('Content-Encoding')]).toEqual(['export default 2;', 'gzip']);
});

test('other files of the page are asked for each time', async () => {
  expect((await load('/favicon.svg')).headers.get('Cache-Control')).toBe('no-cache');
});

test.each(['/.env', '/assets/missing.js', '/assets', '/..%2f..%2fetc/passwd', '/missing'])('%s is not there', async (path) => {
  const { status, text } = await load(path);

  expect(status).toBe(404);
  expect(text).not.toContain('SECRET');
});

test('a page that is not built says how to build it', async () => {
  const { status, text } = await load('/', join(folder, 'nowhere'));

  expect(status).toBe(503);
  expect(text).toBe('The page is not built yet: run `npm run build -w @causeway/dashboard`, then restart. The API works without it.\n');
});
