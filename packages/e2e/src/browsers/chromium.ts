/** Debian's Chromium, headless, controlled over the DevTools protocol. */
import { type Browser, chromium, type Page } from 'playwright-core';
import { findProgram } from './find-program.ts';
import type { TestBrowser, TestPage } from './test-browser.ts';

export interface ChromiumBrowser extends TestBrowser {
  openPage(url: string, options?: ChromiumPageOptions): Promise<ChromiumPage>;
}

export interface ChromiumOptions {
  /** A program that is started with Chromium's arguments in place of Debian's Chromium, and becomes one. */
  readonly program?: string;
  readonly arguments?: readonly string[];
}

export interface ChromiumPageOptions {
  /** Runs before any script of the page. */
  readonly initScript?: string;
}

export interface ChromiumPage extends TestPage {
  /** The driver's page object, for clicking and for reading what a person sees. */
  readonly page: Page;
  /** Kills the tab's process as a crash or the kernel's OOM killer would, so that it cannot close anything. */
  crash(): Promise<void>;
}

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  // Tabs behind the first one keep drawing and decoding at full speed.
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
];

/** Starts a browser with an empty profile, which is deleted when it is closed. */
export async function launchChromium(options: ChromiumOptions = {}): Promise<ChromiumBrowser> {
  const { program = findProgram('chromium') } = options;
  const args = [...ARGUMENTS, ...(options.arguments ?? [])];
  const browser = await chromium.launch({ executablePath: program, headless: true, args });
  return {
    name: 'chromium',
    version: browser.version(),
    openPage: (url, options) => openPage(browser, url, options),
    close: () => browser.close(),
  };
}

async function openPage(browser: Browser, url: string, options: ChromiumPageOptions = {}): Promise<ChromiumPage> {
  // Each tab has its own context, so that tabs share no cache and no cookies.
  const context = await browser.newContext();
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  if (options.initScript !== undefined) await page.addInitScript({ content: options.initScript });
  await page.goto(url);
  return {
    page,
    errors,
    evaluate: (pageFunction, argument) => page.evaluate(pageFunction as never, argument) as never,
    evaluateText: (source) => page.evaluate(source),
    crash: async () => {
      const crashed = page.waitForEvent('crash');
      const session = await context.newCDPSession(page);
      // The call that kills the tab never gets its reply.
      session.send('Page.crash').catch(() => undefined);
      await crashed;
    },
    close: () => context.close(),
  };
}
