/** A step of a story: one that fails says what the window showed, and what the program wrote. */
import type { Page } from 'playwright-core';

/** What comes after a step that failed would only fail for it: it throws. */
export async function takeStep(
  what: string,
  { page, output }: { readonly page: Page; output(): string },
  act: () => Promise<void>,
): Promise<void> {
  try {
    await act();
  } catch (cause) {
    const shown = await page
      .getByRole('main')
      .innerText()
      .catch(() => 'nothing');
    const message = `${what}: it did not. The window showed:\n${shown}\nThe program wrote:\n${output()}`;
    throw new Error(message, { cause });
  }
}
