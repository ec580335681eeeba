/**
 * Canvases of the page that pictures are drawn for. Each is drawn on one of this worker's own, and goes to the page as an
 * ImageBitmap, whose pixels stay on the processor. A canvas of the page that was handed over would show what is drawn on it
 * some refreshes later, and in a page that is hidden never: nothing would say which picture a moment of the growth has.
 */
/// <reference types="@webgpu/types" />
import { AppError } from '#domain/errors.ts';
import type { CanvasTarget } from './graphics-host.ts';

export interface Canvases {
  readonly canvasOf: (id: string) => CanvasTarget | null;
  add(id: string): void;
  remove(id: string): void;
}

/** @param onPicture gets what was drawn, which is its to close */
export function createCanvases(onPicture: (id: string, picture: ImageBitmap) => void): Canvases {
  const targets = new Map<string, CanvasTarget>();
  return {
    canvasOf: (id) => targets.get(id) ?? null,
    add: (id) =>
      void targets.set(
        id,
        createTarget((picture) => onPicture(id, picture)),
      ),
    remove: (id) => void targets.delete(id),
  };
}

function createTarget(onPicture: (picture: ImageBitmap) => void): CanvasTarget {
  const canvas = new OffscreenCanvas(1, 1);
  const format = preferredFormat();
  let context: GPUCanvasContext | null = null;
  let configured: GPUDevice | null = null;
  return {
    format,
    nextTexture(device, width, height) {
      context ??= canvas.getContext('webgpu');
      if (context === null) {
        throw new AppError('unsupported', 'No canvas can be drawn on by the graphics processor.');
      }
      if (canvas.width !== width) canvas.width = width;
      if (canvas.height !== height) canvas.height = height;
      // A device that was lost is followed by another.
      if (configured !== device) context.configure({ device, format, alphaMode: 'premultiplied' });
      configured = device;
      return context.getCurrentTexture();
    },
    present: () => onPicture(canvas.transferToImageBitmap()),
  };
}

function preferredFormat(): GPUTextureFormat {
  return (navigator as Partial<Navigator>).gpu?.getPreferredCanvasFormat() ?? 'bgra8unorm';
}
