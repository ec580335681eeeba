/**
 * Models that come with the program: known to the library by name, never copied. Each is looked at once, when it is
 * new; the style of a model of one picture appears with it, and never again after somebody threw it away.
 */
import { AppError } from '#domain/errors.ts';
import type { AppPorts } from '../ports.ts';
import { styleOfModel } from '../training/keep-model.ts';
import { emptyIntake, takeIn } from './style-intake.ts';

const noEngine: readonly string[] = ['disconnected', 'out-of-memory', 'internal'];

/**
 * Says in `notice` which file is not sound; the others are added.
 * @throws AppError disconnected, out-of-memory where there is no engine to look at them: to be called again
 */
export async function addBundledModels(ports: AppPorts, notice: (message: string) => void): Promise<void> {
  for (const bundledName of await ports.files.bundledModels()) {
    try {
      if (ports.store.hasModel(await ports.files.hashOf(ports.files.bundledModel(bundledName)))) continue;
      await addBundledModel(ports, bundledName);
    } catch (failure) {
      if (!(failure instanceof AppError) || noEngine.includes(failure.code)) throw failure;
      notice(`The model ${bundledName} that comes with Morphogen is not there: ${failure.message}`);
    }
  }
}

async function addBundledModel(ports: AppPorts, bundledName: string): Promise<void> {
  const path = ports.files.bundledModel(bundledName);
  const inspected = await ports.engines.live.call('files.inspect', { path });
  if (inspected.kind !== 'model') {
    throw new AppError('bad-file', `${path} is no model: install Morphogen again.`);
  }
  const { spec, card, hash, bytes, style, picture } = inspected;
  const name = titleOf(bundledName);
  const modelId = ports.store.addModel({ name, spec, card, hash, bytes, bundledName });
  if (style !== null && picture !== null) {
    takeIn(ports, emptyIntake, [
      styleOfModel(ports, { style, picture }, modelId, { name, sourcePicture: null }),
    ]);
  }
  ports.emit('library.changed', ports.store.summary());
}

function titleOf(bundledName: string): string {
  const words = bundledName.replace(/\.safetensors$/i, '').replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
