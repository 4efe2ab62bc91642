/**
 * Compiles the SRTP kernel and writes it as a module with the WebAssembly in base64, so that ESM, CommonJS (Jest) and the
 * TypeScript compiler all load it the same way.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';

const packageFolder = join(import.meta.dirname, '..');
const generatedFolder = join(packageFolder, 'src', 'generated');

const { error, stderr } = await asc.main(
  [
    'src/srtp/kernel/index.ts',
    ...['--baseDir', packageFolder, '--outFile', 'kernel.wasm'],
    ...['--enable', 'simd', '-O3', '--runtime', 'stub', '--noAssert'],
    // The host brings the memory, of any size: 65,536 pages are all that 32 bits address.
    ...['--importMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
    // v128 parameters stay inside the module.
    ...['--disableWarning', '112'],
  ],
  { writeFile: writeModule },
);
if (error) {
  process.stderr.write(stderr.toString());
  process.exitCode = 1;
}

async function writeModule(_name: string, contents: Uint8Array | string): Promise<void> {
  const base64 = Buffer.from(contents).toString('base64');
  const text = `/** The SRTP kernel, compiled from src/srtp/kernel by \`npm run build:kernel\`. */\nexport const SRTP_KERNEL_BASE64 =\n  '${base64}';\n`;
  await mkdir(generatedFolder, { recursive: true });
  await writeFile(join(generatedFolder, 'srtp-kernel.ts'), text);
}
