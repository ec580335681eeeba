/**
 * A page that begins the worker of src-main/hosts/graphics-page and asks it by a MessagePort, as an engine process asks the
 * desktop's hidden page: `graphicsClient` is what tests call from outside, in values that JSON has.
 */
import '#contract/schemas-without-eval.ts';
import type { MethodName } from '#contract/contract.ts';
import { graphicsContract, type GraphicsContract } from '#contract/graphics-contract.ts';
import { createClient } from '#contract/rpc.ts';
import { messagePort, type MessageEnd } from '#hosts/graphics-page/message-port.ts';

/** Of the DOM, whose types the tests do not see: an ImageBitmap. */
interface Picture {
  readonly width: number;
  readonly height: number;
}
declare const Worker: new (
  url: URL,
  options: object,
) => {
  postMessage(message: object, transfer?: readonly unknown[]): void;
  onmessage: ((event: { readonly data: { readonly picture: Picture } }) => void) | null;
};
declare const OffscreenCanvas: new (
  width: number,
  height: number,
) => {
  getContext(kind: '2d'): {
    drawImage(picture: Picture, x: number, y: number): void;
    getImageData(x: number, y: number, width: number, height: number): { readonly data: Uint8ClampedArray };
  };
};

export interface GraphicsClient {
  /** Typed arrays go in and come out as `{ bytes: number[] }` and `{ floats: number[] }`. */
  call(method: MethodName<GraphicsContract>, params: unknown): Promise<unknown>;
  addCanvas(id: string): void;
  /** What the worker drew last: width, height, and straight RGBA as a 2D canvas has it. */
  lastPicture(): { readonly width: number; readonly height: number; readonly rgba: number[] } | null;
  /** Fulfilled when the processor is lost the next time. */
  lost(): Promise<string>;
}

const worker = new Worker(new URL('../../src-main/hosts/graphics-page/worker.ts', import.meta.url), {
  type: 'module',
});
const { port1, port2 } = new MessageChannel();
worker.postMessage({ kind: 'port', port: port2 }, [port2]);
// A browser's, whatever Node's types say of it.
const client = createClient(graphicsContract, messagePort(port1 as unknown as MessageEnd));
let last: Picture | null = null;
worker.onmessage = ({ data }) => (last = data.picture);

const graphicsClient: GraphicsClient = {
  call: async (method, params) => outOf(await client.call(method, into(params) as never)),
  addCanvas: (id) => worker.postMessage({ kind: 'canvas', id }),
  lastPicture() {
    if (last === null) return null;
    const { width, height } = last;
    const context = new OffscreenCanvas(width, height).getContext('2d');
    context.drawImage(last, 0, 0);
    return { width, height, rgba: [...context.getImageData(0, 0, width, height).data] };
  },
  lost: () => new Promise((resolve) => client.on('graphics.lost', ({ message }) => resolve(message))),
};
Object.assign(globalThis, { graphicsClient });

function into(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(into);
  const { bytes, floats } = value as { readonly bytes?: number[]; readonly floats?: number[] };
  if (bytes !== undefined) return Uint8Array.from(bytes);
  if (floats !== undefined) return Float32Array.from(floats);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, into(inner)]));
}

function outOf(value: object): unknown {
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]: [string, unknown]) => {
      if (inner instanceof Uint8Array) return [key, { bytes: [...inner] }];
      return [key, inner instanceof Float32Array ? { floats: [...inner] } : inner];
    }),
  );
}
