/**
 * What a page's worker hands in to the engine that it has (graphics-page.ts): a device, and canvases to draw on. Nothing
 * here is a browser's alone, so tests hand in Dawn and textures of their own.
 */
/// <reference types="@webgpu/types" />
import type { GpuHost } from '#engine/kernels/webgpu/gpu.ts';

export interface GraphicsHost {
  /** @throws AppError unsupported where there is no processor, or it is software and that will not do */
  openDevice(softwareToo: boolean): Promise<GraphicsDevice>;
  /** null where the page has no such canvas. */
  canvasOf(id: string): CanvasTarget | null;
}

export interface GraphicsDevice {
  readonly host: GpuHost;
  /** Whether the main processor computes what a graphics processor should. */
  readonly isSoftware: boolean;
  /** What the trial is remembered by (engine/kernels/webgpu/processor-key.ts). */
  readonly key: string;
  close(): void;
}

export interface CanvasTarget {
  readonly format: GPUTextureFormat;
  /** What the canvas shows next, of that size; colours are premultiplied by alpha. */
  nextTexture(device: GPUDevice, width: number, height: number): GPUTexture;
  /** It is drawn: the work is submitted. To be called before anything else has its turn. */
  present(): void;
}
