import { gzipSync } from 'node:zlib';
import type { Plugin, Rolldown } from 'vite';

/** Fails the build when the page has grown past what a first visit should cost: what is loaded before any page that is lazy. */
export function bundleBudget({ maxGzipBytes }: { readonly maxGzipBytes: number }): Plugin {
  return {
    name: 'causeway-bundle-budget',
    apply: 'build',
    generateBundle(_options, bundle) {
      let gzipBytes = 0;
      for (const name of firstLoad(bundle)) {
        const file = bundle[name];
        if (file !== undefined) gzipBytes += gzipSync(file.type === 'chunk' ? file.code : file.source).length;
      }
      this.info(`${gzipBytes} bytes gzipped, of at most ${maxGzipBytes}`);
      if (gzipBytes > maxGzipBytes) this.error(`The page is ${gzipBytes} bytes gzipped; the budget is ${maxGzipBytes}.`);
    },
  };
}

/** The entry, what it imports without being asked, and the styles of both. */
function firstLoad(bundle: Rolldown.OutputBundle): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (name: string): void => {
    const file = bundle[name];
    if (names.has(name) || file === undefined) return;
    names.add(name);
    if (file.type !== 'chunk') return;
    for (const imported of file.imports) add(imported);
    for (const style of file.viteMetadata?.importedCss ?? []) add(style);
  };
  for (const [name, file] of Object.entries(bundle)) if (file.type === 'asset' ? name.endsWith('.html') : file.isEntry) add(name);
  return names;
}
