/** Canvases of the page that were handed to this worker, drawn on by the processor's device. */
/// <reference types="@webgpu/types" />
import { AppError } from '#domain/errors.ts';
import type { CanvasTarget } from './graphics-host.ts';

export interface Canvases {
  readonly canvasOf: (id: string) => CanvasTarget | null;
  add(id: string, canvas: OffscreenCanvas): void;
  remove(id: string): void;
}

export function createCanvases(): Canvases {
  const targets = new Map<string, CanvasTarget>();
  return {
    canvasOf: (id) => targets.get(id) ?? null,
    add: (id, canvas) => void targets.set(id, targetOf(canvas)),
    remove: (id) => void targets.delete(id),
  };
}

function targetOf(canvas: OffscreenCanvas): CanvasTarget {
  let context: GPUCanvasContext | null = null;
  let configured: GPUDevice | null = null;
  const format = preferredFormat();
  return {
    format,
    nextTexture(device, width, height) {
      context ??= canvas.getContext('webgpu');
      if (context === null) {
        throw new AppError('unsupported', 'This canvas cannot be drawn on by the graphics processor.');
      }
      if (canvas.width !== width) canvas.width = width;
      if (canvas.height !== height) canvas.height = height;
      // A device that was lost is followed by another.
      if (configured !== device) context.configure({ device, format, alphaMode: 'premultiplied' });
      configured = device;
      return context.getCurrentTexture();
    },
  };
}

function preferredFormat(): GPUTextureFormat {
  return (navigator as Partial<Navigator>).gpu?.getPreferredCanvasFormat() ?? 'bgra8unorm';
}
