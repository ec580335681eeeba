/** One thing of the library as a file, for an export or a download. */
import { AppError } from '#domain/errors.ts';
import { modelPath } from '../library/model-choice.ts';
import type { AppPorts, NewFile } from '../ports.ts';

export interface Exportable {
  readonly kind: 'style' | 'artwork' | 'model';
  readonly id: string;
}

export interface Exported {
  /** What people call it: not safe for a file yet. */
  readonly name: string;
  readonly extension: 'safetensors' | 'png';
  readonly file: NewFile;
}

/** @throws AppError not-found */
export async function exportOf(
  ports: Pick<AppPorts, 'store' | 'content' | 'files' | 'engines'>,
  { kind, id }: Exportable,
): Promise<Exported> {
  const { store, engines } = ports;
  switch (kind) {
    case 'style': {
      const { name, spec, w0, b0, w1 } = store.rule(id);
      const { latent, image, model } = store.styleSource(id);
      const style = { name, spec, w0, b0, w1 };
      const { bytes } = await engines.live.call('files.style', { style, latent, image, model });
      return { name, extension: 'safetensors', file: { bytes } };
    }
    case 'model':
      return { name: store.model(id).name, extension: 'safetensors', file: { copyOf: modelPath(ports, id) } };
    case 'artwork': {
      const { name, picture } = store.detail({ kind: 'artwork', id });
      const bytes = store.picture(picture);
      if (bytes !== null) return { name, extension: 'png', file: { bytes } };
      throw new AppError(
        'not-found',
        `The picture of “${name}” is missing: check the library in the settings.`,
      );
    }
    default:
      return kind satisfies never;
  }
}
