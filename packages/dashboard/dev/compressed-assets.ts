import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

/** Shorter text is sent as it is. */
const MIN_BYTES = 1_000;

/** Writes a `.br` and a `.gz` beside each script and style, so that nodes send them compressed without compressing anything themselves. */
export function compressedAssets(): Plugin {
  return {
    name: 'causeway-compressed-assets',
    apply: 'build',
    // Only when all is written, since other plugins still change what they have generated.
    writeBundle({ dir = 'dist' }, bundle) {
      for (const name of Object.keys(bundle)) {
        if (!/\.(?:js|css)$/.test(name)) continue;
        const source = readFileSync(join(dir, name));
        if (source.length < MIN_BYTES) continue;
        // Brotli at its default, which is its best, saves another seventh. Browsers take it over HTTPS and from localhost.
        writeFileSync(join(dir, `${name}.br`), brotliCompressSync(source));
        writeFileSync(join(dir, `${name}.gz`), gzipSync(source, { level: 9 }));
      }
    },
  };
}
