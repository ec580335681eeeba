/** What this JavaScript engine's WebAssembly can do: the smallest modules that use a feature either validate or not. */

export interface WasmFeatures {
  readonly simd: boolean;
  readonly relaxedSimd: boolean;
  readonly threads: boolean;
}

/** Magic number and version; then sections as (id, length, …), as the WebAssembly specification has them. */
const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
/** Types: () → v128. Functions: one of that type. */
const returnsVector = [0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b, 0x03, 0x02, 0x01, 0x00];
/** Types: () → (). Functions: one of that type. Memories: one, shared, of one page. */
const hasSharedMemory = [
  ...[0x01, 0x04, 0x01, 0x60, 0x00, 0x00, 0x03, 0x02, 0x01, 0x00],
  ...[0x05, 0x04, 0x01, 0x03, 0x01, 0x01],
];

const modules = {
  /** i32.const 0, i8x16.splat, i8x16.popcnt */
  simd: [...returnsVector, 0x0a, 0x0a, 0x01, 0x08, 0x00, 0x41, 0x00, 0xfd, 0x0f, 0xfd, 0x62, 0x0b],
  /** Two splats and i8x16.relaxed_swizzle */
  relaxedSimd: [
    ...returnsVector,
    ...[0x0a, 0x0f, 0x01, 0x0d, 0x00, 0x41, 0x01, 0xfd, 0x0f, 0x41, 0x02, 0xfd, 0x0f, 0xfd, 0x80, 0x02, 0x0b],
  ],
  /** i32.const 0, i32.atomic.load, drop */
  threads: [
    ...hasSharedMemory,
    ...[0x0a, 0x0b, 0x01, 0x09, 0x00, 0x41, 0x00, 0xfe, 0x10, 0x02, 0x00, 0x1a, 0x0b],
  ],
};

export function wasmFeatures(): WasmFeatures {
  const has = (code: readonly number[]): boolean =>
    WebAssembly.validate(new Uint8Array([...header, ...code]));
  return { simd: has(modules.simd), relaxedSimd: has(modules.relaxedSimd), threads: has(modules.threads) };
}
