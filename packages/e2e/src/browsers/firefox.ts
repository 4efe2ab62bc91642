/** Debian's Firefox ESR, headless, controlled over WebDriver BiDi. */
import { type Browser, launch } from 'puppeteer-core';
import { findProgram } from './find-program.ts';
import type { TestBrowser, TestPage } from './test-browser.ts';

const PREFERENCES = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.autoplay.default': 0,
  'media.autoplay.block-webaudio': false,
  // mDNS is off, so host candidates contain real addresses.
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  // Tabs behind the first one keep their timers.
  'dom.min_background_timeout_value': 4,
  'dom.timeout.enable_budget_timer_throttling': false,
  'widget.windows.window_occlusion_tracking.enabled': false,
};

/** Starts a browser with an empty profile, which is deleted when it is closed. */
export async function launchFirefox(): Promise<TestBrowser> {
  const browser = await launch({
    browser: 'firefox',
    executablePath: findProgram('firefox-esr'),
    headless: true,
    extraPrefsFirefox: PREFERENCES,
  });
  return {
    name: 'firefox',
    version: await browser.version(),
    openPage: (url) => openPage(browser, url),
    close: () => browser.close(),
  };
}

async function openPage(browser: Browser, url: string): Promise<TestPage> {
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(url);
  return {
    errors,
    evaluate: (pageFunction, argument) => page.evaluate(pageFunction as never, argument as never) as never,
    evaluateText: (source) => page.evaluate(source),
    close: () => page.close(),
  };
}
