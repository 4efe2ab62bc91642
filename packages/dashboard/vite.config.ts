import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig } from 'vite';
import { compressedAssets } from './dev/compressed-assets.ts';
import { fakeSfu } from './dev/fake-sfu-plugin.ts';
import { firstLoad } from './dev/first-load.ts';

/** `CAUSEWAY_URL` is a running node for `npm run dev` to talk to; without one the page talks to a fake in the browser. */
const nodeUrl = process.env.CAUSEWAY_URL;

export default defineConfig({
  // Relative, so that the page also works below a path prefix of a reverse proxy.
  base: './',
  plugins: [react(), firstLoad({ maxGzipBytes: 150_000 }), compressedAssets(), ...(nodeUrl === undefined ? [fakeSfu()] : [])],
  // The client of this project is bundled from its sources.
  resolve: { conditions: ['causeway-source', ...defaultClientConditions] },
  server: nodeUrl === undefined ? {} : { proxy: { '/api': nodeUrl } },
  build: {
    target: 'es2023',
    // The node sends `Content-Security-Policy: default-src 'self'`, which forbids data: URLs and inline scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // One file for what each first visit needs: browsers fetch six at once, and each further one costs a round trip.
        codeSplitting: {
          groups: [
            { name: 'start', test: /\/src\/(?:service\/entry|first-page)\.ts$|preload-helper/, priority: 2 },
            { name: 'console', test: /\/src\/routes\.tsx$/, priority: 1 },
          ],
        },
      },
    },
  },
  worker: { format: 'es' },
});
