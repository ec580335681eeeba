/** The command line was called in a way it does not understand: exit code 2. */
export class UsageError extends Error {
  /** @param message One sentence that ends without a full stop where a suggestion may follow. */
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}
