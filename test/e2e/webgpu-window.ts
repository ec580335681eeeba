/**
 * The program as it is where only the browser has a graphics processor: Chromium computes by SwiftShader, which it brings,
 * and Node's WebGPU finds no driver. Software is taken only by those who choose `webgpu`, so that is what the library says.
 */
import { chromium, type Browser } from 'playwright-core';
import { openLibrary, type Library } from '#storage/library/open.ts';
import { chromiumSwitches, findOrInstallChromium } from './chromium.ts';
import { startServer, type Server } from './server.ts';

/** Beside those of every test. With less than all three of the last, canvases of WebGPU come to 2D canvases empty. */
export const webgpuSwitches: readonly string[] = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--use-vulkan=swiftshader',
  '--use-angle=swiftshader',
  '--enable-features=Vulkan',
];

/** No driver for WebGPU in Node: only a window's processor is left. */
const withoutDrivers = { VK_DRIVER_FILES: '/nonexistent.json' };

export function openWebgpuBrowser(): Promise<Browser> {
  const args = [...chromiumSwitches, ...webgpuSwitches];
  return chromium.launch({ executablePath: findOrInstallChromium(), args });
}

/** On a library whose setting is `webgpu`. @param prepare puts into it what the test needs */
export async function startWebgpuServer(
  dataFolder: string,
  prepare: (library: Library) => Promise<void> = () => Promise.resolve(),
): Promise<Server> {
  const library = await openLibrary(dataFolder, { version: 'test' });
  library.store.changeSettings({ backend: 'webgpu' });
  await prepare(library);
  library.close();
  return startServer(dataFolder, ['--port', '0'], withoutDrivers);
}
