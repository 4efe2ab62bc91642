import { gzipSync } from 'node:zlib';
import type { HtmlTagDescriptor, Plugin, Rolldown } from 'vite';

/** The console itself. The entry imports it only after it has requested the data of the page, but browsers should fetch it at once. */
const CONSOLE = /\/src\/routes\.tsx$/;

/** Has browsers fetch what each first visit needs as soon as they have read the HTML, and fails the build if that has grown past a budget. */
export function firstLoad({ maxGzipBytes }: { readonly maxGzipBytes: number }): Plugin {
  return {
    name: 'causeway-first-load',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle = {} }) {
        const links: HtmlTagDescriptor[] = [];
        for (const name of namesOf(bundle)) {
          if (!name.endsWith('.js') || html.includes(name)) continue;
          links.push({ tag: 'link', attrs: { rel: 'modulepreload', crossorigin: true, href: `./${name}` }, injectTo: 'head' });
        }
        return links;
      },
    },
    generateBundle(_options, bundle) {
      let gzipBytes = 0;
      for (const name of namesOf(bundle)) {
        const file = bundle[name];
        if (file !== undefined) gzipBytes += gzipSync(file.type === 'chunk' ? file.code : file.source).length;
      }
      this.info(`${gzipBytes} bytes gzipped, of at most ${maxGzipBytes}`);
      if (gzipBytes > maxGzipBytes) this.error(`The page is ${gzipBytes} bytes gzipped; the budget is ${maxGzipBytes}.`);
    },
  };
}

/** The HTML, the entry, the console, their static imports, and the styles of all of them. */
function namesOf(bundle: Rolldown.OutputBundle): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (name: string): void => {
    const file = bundle[name];
    if (names.has(name) || file === undefined) return;
    names.add(name);
    if (file.type !== 'chunk') return;
    for (const imported of file.imports) add(imported);
    for (const style of file.viteMetadata?.importedCss ?? []) add(style);
  };
  for (const [name, file] of Object.entries(bundle)) {
    if (file.type === 'asset' ? name.endsWith('.html') : file.isEntry || CONSOLE.test(file.facadeModuleId ?? '')) add(name);
  }
  return names;
}
