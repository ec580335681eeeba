/**
 * Memory that turned out to be too little while something was computed: what came of it is void, the backend has made do
 * with less since, and the same asked again gives what it would have given.
 */
import { AppError } from '#domain/errors.ts';

export class LessMemoryError extends AppError {
  constructor(message: string) {
    super('out-of-memory', message);
  }
}

/** Makes the attempt, and again as long as it fails for memory of which less will do. It ends: less is not without end. */
export async function withLessMemory<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (failure) {
      if (!(failure instanceof LessMemoryError)) throw failure;
    }
  }
}
