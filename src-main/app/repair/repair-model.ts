/** Which model repairs a photo. */
import { AppError } from '#domain/errors.ts';
import { encodingModel } from '../library/model-choice.ts';
import type { AppPorts } from '../ports.ts';

/**
 * The one asked for; else one that was trained on damaged pictures in colour, best with what was intact held, else the one
 * that encodes pictures. Learning starts from a model in colour where there is one, and needs none.
 * @throws AppError not-found, unsupported
 */
export function repairModel(
  ports: Pick<AppPorts, 'store'>,
  modelId: string | null,
  learns: boolean,
): string | null {
  if (modelId !== null) return encodingModel(ports, modelId);
  const models = ports.store.models().filter(({ canEncode, preset }) => canEncode && preset !== 'digits');
  const training = (id: string): number => {
    const { damage } = ports.store.model(id).spec;
    return damage === null ? 0 : damage.held ? 2 : 1;
  };
  const [best] = models.toSorted((a, b) => training(b.id) - training(a.id));
  if (best !== undefined) return best.id;
  if (learns) return null;
  throw new AppError(
    'not-found',
    'There is no model that repairs pictures in colour: train one with damage, or let this photo be learned.',
  );
}
