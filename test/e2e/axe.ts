/** What axe finds wrong with a page as it is: contrast, names, roles, order of headings. */
import fs from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** A line for each thing that is wrong. */
export async function violations(page: Page): Promise<string[]> {
  // Through the debugger, as the page's policy forbids other scripts.
  await page.evaluate(await fs.readFile(axe, 'utf8'));
  // What fades in is judged when it is there.
  await page.evaluate(
    'Promise.all(document.getAnimations().filter((one) => one.effect.getTiming().iterations !== Infinity).map((one) => one.finished))',
  );
  const found = await page.evaluate<AxeResults>("axe.run(document, { resultTypes: ['violations'] })");
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary ?? ''}`),
  );
}
