/**
 * What Chromium has to be told before it begins, so that pages find the graphics processor that a person would choose.
 * Nothing else is switched: macOS needs neither, and no switch makes WebGPU unsafe (ARCHITECTURE.md, item 9).
 */
import type { CommandLine } from 'electron';

/**
 * Linux: Chromium offers WebGPU to some drivers only (Intel's of generation 12 on, NVIDIA's from 535.183), on Wayland only,
 * because of how pictures pass from Vulkan to the GL that draws its windows. Nothing passes that way here: states come back
 * as numbers, and a trial says whether they are right. The list of processors that compute wrongly stays in force.
 */
const linuxFeature = 'ForceEnableWebGpuInterop';
/**
 * Windows: WebGPU gets the processor that draws the windows, whatever a page prefers. A page's own preference does elsewhere,
 * and lets the second processor of a laptop sleep until something is computed.
 */
const windowsSwitch = 'force_high_performance_gpu';

/** To be called before Electron is ready. What was given on the command line stays. */
export function switchGraphicsOn(
  commandLine: Pick<CommandLine, 'appendSwitch' | 'getSwitchValue'>,
  platform: NodeJS.Platform,
): void {
  if (platform === 'linux') {
    const given = commandLine.getSwitchValue('enable-features');
    commandLine.appendSwitch('enable-features', given === '' ? linuxFeature : `${given},${linuxFeature}`);
  } else if (platform === 'win32') commandLine.appendSwitch(windowsSwitch);
}
