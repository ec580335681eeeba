/** Told apart by its names: software that computes on the main processor what a graphics processor should. */
import type { ProcessorInfo } from './processor-key.ts';

const LAVAPIPE_AND_OTHERS = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|\bwarp\b/i;

/** @param name what else it is called */
export function isSoftwareProcessor(
  info: ProcessorInfo & { readonly isFallbackAdapter: boolean },
  name: string,
): boolean {
  const { vendor, architecture, device, description, isFallbackAdapter } = info;
  return (
    isFallbackAdapter || LAVAPIPE_AND_OTHERS.test([vendor, architecture, device, description, name].join(' '))
  );
}
