/** Shapes that both contracts use. */
import { z } from 'zod';
import { parseModelSpec } from '#domain/model-check.ts';
import type { ModelSpec } from '#domain/model-spec.ts';

/** May be sent from shared memory; arrives as a copy of its own. */
export const bytes = z.instanceof(Uint8Array) as unknown as z.ZodType<Uint8Array<ArrayBuffer>, Uint8Array>;
export const floats = z.instanceof(Float32Array) as unknown as z.ZodType<
  Float32Array<ArrayBuffer>,
  Float32Array
>;
export const id = z.string().regex(/^[0-9a-zA-Z_-]{1,64}$/);
/** sha256, hex. */
export const hash = z.string().regex(/^[0-9a-f]{64}$/);
/** What people call it; any text, shown as text only. */
export const name = z.string().trim().min(1).max(200);
export const count = z.number().int().min(0);
export const uint32 = z.number().int().min(0).max(0xffff_ffff);

export const grid = z.object({
  height: z.number().int().min(3).max(1024),
  width: z.number().int().min(3).max(1024),
});

/** A whole model spec, checked as domain/model-check.ts does. */
export const modelSpec = z.unknown().transform((value, context): ModelSpec => {
  try {
    return parseModelSpec(value);
  } catch (failure) {
    context.addIssue({
      code: 'custom',
      message: failure instanceof Error ? failure.message : 'not a model spec',
    });
    return z.NEVER;
  }
});

export const skippedFile = z.object({ path: z.string(), reason: z.string() });
export type SkippedFile = z.output<typeof skippedFile>;

/** `psnr` in dB, at most 100: equal pictures have none. */
export const score = z.object({ mse: z.number(), psnr: z.number(), ssim: z.number() });
export type Score = z.output<typeof score>;
