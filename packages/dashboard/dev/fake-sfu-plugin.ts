import type { Plugin } from 'vite';

/** Lets `npm run dev` work without a node: the page gets an SFU that lives in the page itself. Never part of a build. */
export function fakeSfu(): Plugin {
  return {
    name: 'causeway-fake-sfu',
    apply: 'serve',
    transformIndexHtml: () => [{ tag: 'script', attrs: { type: 'module', src: '/dev/fake-sfu.ts' }, injectTo: 'head-prepend' }],
  };
}
