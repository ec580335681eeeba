/**
 * sharp as the bundles load it. On Linux its native build brings a GLib that crashes beside the one of Electron, so there
 * it is the WebAssembly build. A package has only that; in a clone, where both lie, this puts it in the other's place.
 */
import { createRequire } from 'node:module';
import process from 'node:process';
import type sharp from 'sharp';

const require = createRequire(import.meta.url);

if (process.platform === 'linux' && process.versions.electron !== undefined) {
  const native = `@img/sharp-linux-${process.arch}/sharp.node`;
  if (isThere(native)) require.cache[require.resolve(native)] = moduleOf('@img/sharp-wasm32/sharp.node');
}

const loaded = require('sharp') as typeof sharp;
export { loaded as default };

function isThere(name: string): boolean {
  try {
    return require.resolve(name) !== '';
  } catch {
    return false;
  }
}

/** Loaded, with what it exports. */
function moduleOf(name: string): NodeJS.Module | undefined {
  require(name);
  return require.cache[require.resolve(name)];
}
