/** Everything a scenario needs: a daemon, a site on another origin and a Chromium, new for each test file. */
import { type ChromiumBrowser, type ChromiumPage, type ChromiumPageOptions, launchChromium } from '../browsers/chromium.ts';
import type { TestPage } from '../browsers/test-browser.ts';
import type { JoinRequest } from '../in-page/peer.ts';
import { type BlankSite, startBlankSite } from '../servers/blank-site.ts';
import { type Daemon, startDaemon } from '../servers/daemon.ts';
import { joinCall, type Participant } from './participant.ts';

export type SessionRequest = Omit<JoinRequest, 'access'>;

export interface Stage {
  readonly daemon: Daemon;
  readonly site: BlankSite;
  readonly chromium: ChromiumBrowser;
  /** Opens a tab of Chromium on the blank page. */
  openPage(options?: ChromiumPageOptions): Promise<ChromiumPage>;
  /** Opens a session in a new tab. */
  join(name: string, request?: SessionRequest): Promise<Participant<ChromiumPage>>;
  /** Opens a session in an existing tab of any browser. */
  joinFrom<Page extends TestPage>(page: Page, name: string, request?: SessionRequest): Promise<Participant<Page>>;
  /** Closes everything. @throws Error – the daemon did not end by itself with exit code 0 */
  close(): Promise<void>;
}

export async function openStage(environment: Readonly<Record<string, string>> = {}): Promise<Stage> {
  // The daemon starts first: if that fails, there is nothing else to close.
  const daemon = await startDaemon(environment);
  const [site, chromium] = await Promise.all([startBlankSite(), launchChromium()]);
  const openPage = (options?: ChromiumPageOptions) => chromium.openPage(site.origin, options);
  return {
    daemon,
    site,
    chromium,
    openPage,
    join: async (name, request = {}) => joinCall(await openPage(), name, { ...request, access: daemon.access }),
    joinFrom: (page, name, request = {}) => joinCall(page, name, { ...request, access: daemon.access }),
    close: async () => {
      await chromium.close();
      await site.close();
      const exitCode = await daemon.stop();
      if (exitCode !== 0) throw new Error(`the daemon ended with ${exitCode}:\n${daemon.readLog()}`);
    },
  };
}
