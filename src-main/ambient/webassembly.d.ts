/**
 * The part of WebAssembly's JavaScript interface that the kernels use. TypeScript has it only among the types of the
 * DOM, which no layer of src-main may see.
 */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: ArrayBufferView<ArrayBufferLike> | ArrayBufferLike);
  }

  class Instance {
    constructor(module: Module, imports?: Record<string, Record<string, unknown>>);
    /** Functions, memories and globals by name; the module's own types say which is which. */
    readonly exports: Readonly<Record<string, unknown>>;
  }

  class Memory {
    constructor(descriptor: { initial: number; maximum?: number; shared?: boolean });
    /** Of a shared memory: a SharedArrayBuffer. Detached, or out of date, after the memory has grown. */
    readonly buffer: ArrayBuffer | SharedArrayBuffer;
    /** @param pages of 64 KiB. @returns the number of pages before. */
    grow(pages: number): number;
  }

  class Global {
    constructor(descriptor: { value: 'i32' | 'f32' | 'f64'; mutable?: boolean }, value?: number);
    value: number;
  }

  class CompileError extends Error {}
  class LinkError extends Error {}
  class RuntimeError extends Error {}

  function validate(bytes: ArrayBufferView<ArrayBufferLike> | ArrayBufferLike): boolean;
  function compile(bytes: ArrayBufferView<ArrayBufferLike> | ArrayBufferLike): Promise<Module>;
  function instantiate(module: Module, imports?: Record<string, Record<string, unknown>>): Promise<Instance>;
}
