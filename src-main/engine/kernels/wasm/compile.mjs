/**
 * Compiles the kernels (assembly/, AssemblyScript) to build/: `relaxed` with relaxed SIMD and threads over a shared
 * memory, and `simd` without either for runtimes that lack them. Plain JavaScript, so that set-up can call it.
 */
import { mkdirSync, renameSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const here = fileURLToPath(new URL('.', import.meta.url));
const builds = {
  relaxed: ['--enable', 'threads,simd,relaxed-simd', '--sharedMemory', '--maximumMemory', '65536'],
  simd: ['--enable', 'simd', '--maximumMemory', '65536'],
};

export async function compileKernels() {
  mkdirSync(`${here}build`, { recursive: true });
  for (const [name, features] of Object.entries(builds)) {
    const outFile = `build/${name}.wasm`;
    const { error, stderr } = await asc.main([
      'assembly/index.ts',
      '--baseDir',
      here,
      '--outFile',
      `${outFile}.part`,
      '--runtime',
      'stub',
      '--importMemory',
      '--initialMemory',
      '2',
      '--memoryBase',
      '8192',
      '--noAssert',
      '-O3',
      '--converge',
      ...features,
    ]);
    if (error) throw new Error(`The kernels did not compile: ${error.message}\n${stderr.toString()}`);
    renameSync(`${here}${outFile}.part`, `${here}${outFile}`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await compileKernels();
