/** Shows an address in the user's browser. Never a reason to fail: the address is printed as well. */
import process from 'node:process';

/** @param say gets a sentence where no browser can be opened. */
export async function openAddress(address: string, say: (sentence: string) => void): Promise<void> {
  if (!hasDisplay(process.platform, process.env)) {
    say('No display was found, so no browser was opened: open the address yourself.');
    return;
  }
  const failed = (): void => say('No browser could be opened: open the address yourself.');
  try {
    const { default: open } = await import('open');
    const opener = await open(address);
    opener.on('error', failed);
    opener.on('exit', (code) => (code === 0 || code === null ? undefined : failed()));
  } catch {
    failed();
  }
}

/** Linux without a desktop, as over SSH and in containers, has nothing to open a browser on. */
export function hasDisplay(
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if (platform !== 'linux') return true;
  return [env.DISPLAY, env.WAYLAND_DISPLAY, env.WSL_DISTRO_NAME].some((value) => (value ?? '') !== '');
}
