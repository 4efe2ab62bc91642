/**
 * Captures the offers of the installed Chromium and Firefox: `node packages/testkit/offers/capture/browsers.ts`.
 * Playwright drives Chromium; Firefox ESR of Debian works only over WebDriver BiDi, which is puppeteer's.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import puppeteer from 'puppeteer-core';
import { SCENARIOS, scenarioCode } from './scenarios.ts';

const OFFERS = join(import.meta.dirname, '..');

interface Page {
  goto(url: string): Promise<unknown>;
  evaluate(code: string): Promise<unknown>;
}

async function captureAll(client: string, version: string, page: Page, url: string): Promise<void> {
  await page.goto(url);
  for (const [name, body] of Object.entries(SCENARIOS)) {
    const sdp = String(await page.evaluate(scenarioCode(body)));
    writeFileSync(join(OFFERS, `${client}-${name}.sdp`), sdp);
  }
  console.log(`${client} ${version}: ${Object.keys(SCENARIOS).length} offers`);
}

async function captureChromium(url: string): Promise<void> {
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
    ],
  });
  try {
    await captureAll('chromium', browser.version(), await browser.newPage(), url);
  } finally {
    await browser.close();
  }
}

async function captureFirefox(url: string): Promise<void> {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: '/usr/bin/firefox-esr',
    headless: true,
    userDataDir: mkdtempSync(join(tmpdir(), 'causeway-firefox-')),
    extraPrefsFirefox: {
      'media.navigator.streams.fake': true,
      'media.navigator.permission.disabled': true,
      'media.peerconnection.ice.obfuscate_host_addresses': false,
    },
  });
  try {
    await captureAll('firefox', await browser.version(), await browser.newPage(), url);
  } finally {
    await browser.close();
  }
}

const server = createServer((_request, response) => response.setHeader('content-type', 'text/html').end('<!doctype html>')).listen(
  0,
  '127.0.0.1',
);
await new Promise((resolve) => server.once('listening', resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
try {
  await captureChromium(url);
  await captureFirefox(url);
} finally {
  server.close();
}
