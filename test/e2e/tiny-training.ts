/** A training that is small enough for a graphics processor which the main processor plays. */
import fs from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import type { ModelSpec } from '#domain/model-spec.ts';
import { modelFileChunks } from '#engine/files/model-file.ts';
import { createWeights, disposeWeights, weightShapes } from '#engine/network/weights.ts';
import { readTensors } from '#engine/training/tensor-values.ts';
import type { Library } from '#storage/library/open.ts';
import { tinySpec } from '#test/engine/network/tiny-spec.ts';

const emoji = fileURLToPath(new URL('../../assets/samples/emoji/', import.meta.url));
export const PICTURES = 4;

const spec: ModelSpec = {
  ...tinySpec,
  ...{ preset: 'sketch', image: 'rgba' },
  network: { ...tinySpec.network!, planes: 4 },
};

/** @param folder is made */
export async function copyPictures(folder: string): Promise<void> {
  await fs.mkdir(folder);
  const names = (await fs.readdir(emoji)).filter((name) => name.endsWith('.png')).slice(0, PICTURES);
  for (const name of names) await fs.copyFile(join(emoji, name), join(folder, name));
}

/** What it starts from. */
export async function addTinyModel({ store, files }: Library): Promise<void> {
  const weights = createWeights(spec, 5);
  const values = await readTensors(weights);
  disposeWeights(weights);
  const card = { data: 'none', iterations: 0, seconds: 0, machine: 'none', scores: {}, notes: '' };
  const bytes = Buffer.concat([...modelFileChunks({ spec, card, weights: values }, weightShapes)]);
  const hash = await files.put(bytes);
  store.addModel({ name: 'Tiny', spec, card, hash, bytes: bytes.length, bundledName: null });
}

/** By the window's own form; the window then shows it. */
export async function startTinyTraining(page: Page, pictures: string, iterations: number): Promise<void> {
  await page.getByRole('link', { name: 'Train', exact: true }).click();
  // Before the pictures: what a run would cost is measured as soon as they are known, and must be tiny, too.
  await page.getByLabel('Start', { exact: true }).selectOption({ label: 'From “Tiny”' });
  await page.getByText('More', { exact: true }).click();
  await page.getByLabel('Iterations').fill(String(iterations));
  await page.getByLabel('Pictures in a batch').fill('2');
  await page.getByLabel('Learning rate').fill('0.01');
  await page.getByPlaceholder(/type the path/).fill(pictures);
  await page.getByRole('button', { name: 'Use it' }).click();
  await page.getByText(`${PICTURES} pictures can be used`).waitFor();
  await page.getByRole('button', { name: 'Start training' }).click();
  await page.waitForURL(/#\/train\/.+/);
}
