/**
 * Failures that a user can meet. Each has a stable code, for programs, and one sentence, for people, that says
 * what was expected, what came and what to do. Anything else that is thrown is a bug.
 */

export const errorCodes = [
  'bad-argument',
  'bad-spec',
  'bad-file',
  'bad-image',
  'not-found',
  'no-images',
  'mismatch',
  'not-finite',
  'unsupported',
  'out-of-memory',
  'cancelled',
  'busy',
  'io',
  /** No room left; what was there before is unharmed. */
  'disk-full',
  /** The other process went away while it was asked something. */
  'disconnected',
  /** A bug in another process: all that is told of it outside. */
  'internal',
] as const;
export type ErrorCode = (typeof errorCodes)[number];

export class AppError extends Error {
  readonly code: ErrorCode;

  /** @param message One sentence: what was expected, what came, what to do. */
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'AppError';
    this.code = code;
  }
}
