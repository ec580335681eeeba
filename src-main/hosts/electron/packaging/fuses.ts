/**
 * The switches in Electron's binary, as the package sets them: nothing but the packed and checked program runs in it.
 * All that the binary has must be named, so that a fuse added by a later Electron stops the build instead of being
 * left as it comes.
 */
import { flipFuses, FuseState, FuseV1Options, FuseVersion, getCurrentFuseWire } from '@electron/fuses';

type FuseName = keyof typeof FuseV1Options;

export const fuses: Readonly<Record<FuseName, boolean>> = {
  // No plain Node: the engine is a utility process, which needs none.
  RunAsNode: false,
  EnableCookieEncryption: true,
  EnableNodeOptionsEnvironmentVariable: false,
  EnableNodeCliInspectArguments: false,
  EnableEmbeddedAsarIntegrityValidation: true,
  OnlyLoadAppFromAsar: true,
  // There is one snapshot, the one that Electron comes with.
  LoadBrowserProcessSpecificV8Snapshot: false,
  // The window's files come by a protocol of their own.
  GrantFileProtocolExtraPrivileges: false,
  // Bounds of WebAssembly's memory by the processor's own traps, as V8 has them: the kernels are much faster so.
  WasmTrapHandlers: true,
};

/**
 * @param binary Electron's, or the .app on macOS
 * @param isSignedAnew whether macOS's signature, which the change breaks, has to be made again here
 */
export async function setFuses(binary: string, isSignedAnew: boolean): Promise<void> {
  await flipFuses(binary, {
    version: FuseVersion.V1,
    strictlyRequireAllFuses: true,
    resetAdHocDarwinSignature: isSignedAnew,
    ...byNumber(),
  });
}

/** @returns the state of each fuse that the binary has, by name; `null` for one that this Electron has removed */
export async function readFuses(binary: string): Promise<Partial<Record<FuseName, boolean | null>>> {
  const wire = await getCurrentFuseWire(binary);
  const states: Partial<Record<FuseName, boolean | null>> = {};
  for (const name of Object.keys(fuses) as FuseName[]) {
    const state = wire[FuseV1Options[name]];
    if (state !== undefined) states[name] = state === FuseState.REMOVED ? null : state === FuseState.ENABLE;
  }
  return states;
}

function byNumber(): Record<FuseV1Options, boolean> {
  return Object.fromEntries(
    Object.entries(fuses).map(([name, state]) => [FuseV1Options[name as FuseName], state]),
  ) as Record<FuseV1Options, boolean>;
}
