/** Models by what is wanted of them: their files, a name nobody has, and which one encodes pictures. */
import { AppError } from '#domain/errors.ts';
import type { AppPorts } from '../ports.ts';

type Ports = Pick<AppPorts, 'store' | 'content' | 'files'>;

/** @throws AppError not-found */
export function modelPath({ store, content, files }: Ports, modelId: string): string {
  const { bundledName, hash } = store.model(modelId);
  return bundledName === null ? content.path(hash) : files.bundledModel(bundledName);
}

/**
 * The model that turns pictures into styles: the one asked for, else the user's newest, else one that comes with the
 * program; for the sample digits the other way round, as that one is made for them.
 * @throws AppError not-found, unsupported
 */
export function encodingModel(
  { store }: Pick<AppPorts, 'store'>,
  modelId: string | null,
  isOfDigits = false,
): string {
  if (modelId !== null) {
    const chosen = store.model(modelId);
    if (chosen.spec.network !== null) return chosen.id;
    throw new AppError(
      'unsupported',
      `The model “${chosen.name}” grows one picture only and cannot encode others: choose one that was trained on several.`,
    );
  }
  const models = store.models().filter(({ canEncode }) => canEncode);
  const suits = (preset: string): boolean => (preset === 'digits') === isOfDigits;
  models.sort(
    (a, b) =>
      Number(suits(b.preset)) - Number(suits(a.preset)) ||
      Number(a.isBundled) - Number(b.isBundled) ||
      b.createdMs - a.createdMs,
  );
  const best = models[0] as (typeof models)[number] | undefined;
  if (best !== undefined) return best.id;
  throw new AppError(
    'not-found',
    'There is no model that turns pictures into styles: train one on a folder of pictures first.',
  );
}

/** `wanted`, or with a number after it. */
export function freeModelName({ store }: Pick<AppPorts, 'store'>, wanted: string): string {
  const taken = new Set(store.models().map(({ name }) => name));
  const base = wanted.trim().slice(0, 190) || 'Model';
  let name = base;
  for (let i = 2; taken.has(name); i++) name = `${base} ${i}`;
  return name;
}
