import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

/** Fails the build when the page has grown past what a first visit should cost. */
export function bundleBudget({ maxGzipBytes }: { readonly maxGzipBytes: number }): Plugin {
  return {
    name: 'causeway-bundle-budget',
    apply: 'build',
    generateBundle(_options, bundle) {
      let gzipBytes = 0;
      for (const file of Object.values(bundle)) gzipBytes += gzipSync(file.type === 'chunk' ? file.code : file.source).length;
      this.info(`${gzipBytes} bytes gzipped, of at most ${maxGzipBytes}`);
      if (gzipBytes > maxGzipBytes) this.error(`The page is ${gzipBytes} bytes gzipped; the budget is ${maxGzipBytes}.`);
    },
  };
}
