/** What is fetched for a system, and whether there is anything for it; pinned, because the binding is old and stays so. */
import { AppError } from '#domain/errors.ts';

export const TENSORFLOW_VERSION = '2.21.0';
export const PACKAGE_VERSION = '4.22.0';

export type Variant = 'cpu' | 'cuda';

export interface SetUpPlan {
  readonly variant: Variant;
  /** The Python wheel, as pip names it. */
  readonly wheel: string;
  /** Tags of wheels that run here. */
  readonly platforms: readonly string[];
  /** In the wheel's folder tensorflow/. */
  readonly libraries: readonly string[];
  /** Of npm, downloaded without running anything of theirs. */
  readonly npm: readonly string[];
  /** Bytes that are needed while it is done, and those that stay. */
  readonly room: { readonly meanwhile: number; readonly after: number };
}

const GB = 1e9;
const npm = [`@tensorflow/tfjs-node-gpu@${PACKAGE_VERSION}`, 'google-protobuf@3.21.4'];
/** The headers of the Node-API, for a Node that came without its own. */
export const HEADERS_PACKAGE = 'node-api-headers@1.9.0';

/** @throws AppError unsupported with what to use instead */
export function planFor(
  system: { readonly platform: NodeJS.Platform; readonly arch: string; readonly isGlibc: boolean },
  variant: Variant,
): SetUpPlan {
  const { platform, arch, isGlibc } = system;
  if (variant === 'cuda' && !(platform === 'linux' && arch === 'x64')) {
    throw unsupported(
      `NVIDIA's libraries for TensorFlow come for Linux on x64 only, and this is ${platform} on ${arch}: leave --cuda out`,
    );
  }
  if (platform === 'win32') {
    throw unsupported(
      "TensorFlow's wheel for Windows has no C library to link with: use the backends wasm or webgpu, or set it up " +
        'in the Windows Subsystem for Linux',
    );
  }
  if (platform === 'linux' && (arch === 'x64' || arch === 'arm64')) {
    if (!isGlibc) {
      throw unsupported(
        "TensorFlow's wheels for Linux need glibc, and this system has another C library: use the backend wasm",
      );
    }
    const machine = arch === 'x64' ? 'x86_64' : 'aarch64';
    return {
      ...{ variant, npm },
      // Without CUDA there is a smaller one, but for x64 alone.
      wheel: arch === 'x64' && variant === 'cpu' ? 'tensorflow-cpu' : 'tensorflow',
      platforms: [
        ...Array.from({ length: 24 }, (_, i) => `manylinux_2_${28 - i}_${machine}`),
        ...['2014', '2010', '1'].map((year) => `manylinux${year}_${machine}`),
      ],
      libraries: ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'],
      room:
        variant === 'cpu'
          ? { meanwhile: 1.4 * GB, after: 0.9 * GB }
          : { meanwhile: 10 * GB, after: 6.5 * GB },
    };
  }
  if (platform === 'darwin' && arch === 'arm64') {
    return {
      ...{ variant, npm, wheel: 'tensorflow' },
      platforms: ['macosx_12_0_arm64'],
      libraries: ['libtensorflow_cc.2.dylib', 'libtensorflow_framework.2.dylib'],
      room: { meanwhile: 1.2 * GB, after: 0.8 * GB },
    };
  }
  throw unsupported(
    `there is no TensorFlow ${TENSORFLOW_VERSION} for ${platform} on ${arch}: use the backend wasm`,
  );
}

function unsupported(reason: string): AppError {
  return new AppError('unsupported', `TensorFlow cannot be set up here, because ${reason}.`);
}
