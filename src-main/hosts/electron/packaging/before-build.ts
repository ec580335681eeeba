/**
 * electron-builder asks before it collects and compiles node_modules. It need not: electron-builder.yml names the files
 * of the few packages that stay outside of the bundles, and their native code is N-API, which is the same for Node and
 * Electron.
 */
export function beforeBuild(): boolean {
  return false;
}
