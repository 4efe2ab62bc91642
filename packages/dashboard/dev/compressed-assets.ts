import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

/** Shorter text is sent as it is. */
const MIN_BYTES = 1_000;

/** Writes a `.gz` beside each script and style, so that nodes send them compressed without compressing anything themselves. */
export function compressedAssets(): Plugin {
  return {
    name: 'causeway-compressed-assets',
    apply: 'build',
    // Only when all is written, since other plugins still change what they have generated.
    writeBundle({ dir = 'dist' }, bundle) {
      for (const name of Object.keys(bundle)) {
        if (!/\.(?:js|css)$/.test(name)) continue;
        const source = readFileSync(join(dir, name));
        if (source.length >= MIN_BYTES) writeFileSync(join(dir, `${name}.gz`), gzipSync(source, { level: 9 }));
      }
    },
  };
}
