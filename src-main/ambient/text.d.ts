/** UTF-8 in and out: there is on every host, but not in ECMAScript. For the layers that see no host's types. */
declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>;
  encodeInto(text: string, target: Uint8Array): { read: number; written: number };
}

declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes?: ArrayBufferView<ArrayBufferLike> | ArrayBufferLike, options?: { stream?: boolean }): string;
}
