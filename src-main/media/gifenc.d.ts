/** The part of gifenc 1.0 that is used; the package brings no types, and is CommonJS. */
declare module 'gifenc' {
  export interface GifFrameOptions {
    readonly palette?: readonly (readonly number[])[];
    /** Milliseconds; written in hundredths of a second. */
    readonly delay?: number;
    readonly transparent?: boolean;
    readonly transparentIndex?: number;
    /** Extra rounds of the animation: 0 for ever, −1 none. */
    readonly repeat?: number;
    readonly colorDepth?: number;
    /** 1 keeps the frame, 2 clears it before the next. */
    readonly dispose?: number;
    readonly first?: boolean;
  }
  export interface GifEncoder {
    writeHeader(): void;
    writeFrame(index: Uint8Array, width: number, height: number, options: GifFrameOptions): void;
    finish(): void;
    bytes(): Uint8Array;
    reset(): void;
  }
  const gifenc: {
    GIFEncoder(options?: { readonly auto?: boolean; readonly initialCapacity?: number }): GifEncoder;
    quantize(
      rgba: Uint8Array,
      maxColors: number,
      options?: { readonly format?: 'rgb565' | 'rgb444' | 'rgba4444'; readonly useSqrt?: boolean },
    ): number[][];
  };
  export { gifenc as default };
}
