/** Rules for every page: axe finds nothing, no text or target is too small, the policy refuses nothing, and the content fits. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { ChromiumPage } from '@causeway/e2e';

const AXE = readFileSync(createRequire(__filename).resolve('axe-core/axe.min.js'), 'utf8');

/** Makes a page record what its content security policy refuses. It must run before any script of the page. */
export const NOTE_VIOLATIONS = `
  window.violations = [];
  addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => window.violations.push(violatedDirective + ' ' + blockedURI));
`;

/** Finds all faults in what a page currently shows. @param tab opened with `NOTE_VIOLATIONS` */
export async function findFaults({ page }: ChromiumPage): Promise<readonly string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    type Axe = { run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    const { axe, violations: refused = [] } = window as unknown as { axe: Axe; violations?: string[] };
    const { violations } = await axe.run({ rules: { 'target-size': { enabled: true } } });
    const small = [...document.querySelectorAll('body *')].filter((element) => {
      const hasText = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim() !== '');
      return hasText && Number.parseFloat(getComputedStyle(element).fontSize) < 12;
    });
    const wide = document.documentElement.scrollWidth > window.innerWidth ? ['the page is wider than the window'] : [];
    return [
      ...violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
      ...small.map((element) => `small text: ${element.outerHTML.slice(0, 120)}`),
      ...refused,
      ...wide,
    ];
  });
}
