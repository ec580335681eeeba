/** Sends files of the browser to the application, which then knows them by an upload's id. */
import { AppError } from '#domain/errors.ts';

const atOnce = 4;

export interface NamedFile {
  /** Relative to what was dropped, with slashes. */
  readonly name: string;
  readonly file: Blob;
}

/** @returns the upload's id. @throws AppError */
export async function upload(
  files: readonly NamedFile[],
  { signal, onSent = () => undefined }: { signal?: AbortSignal; onSent?: () => void } = {},
): Promise<string> {
  const answer = await ask('./uploads', { method: 'POST', signal });
  const { id } = (await answer.json()) as { id: string };
  const waiting = [...files];
  const send = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const name = next.name.split('/').map(encodeURIComponent).join('/');
      await ask(`./uploads/${id}/${name}`, { method: 'PUT', body: next.file, signal });
      onSent();
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, files.length) }, send));
  return id;
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path, init);
  } catch (failure) {
    if (failure instanceof DOMException && failure.name === 'AbortError')
      throw new AppError('cancelled', 'Sending the files was cancelled.');
    throw new AppError('disconnected', 'Morphogen does not answer; drop the files again once it is back.', {
      cause: failure,
    });
  }
  if (answer.ok) return answer;
  throw new AppError('io', await refusal(answer));
}

/** The sentence that the application answers with. */
async function refusal(answer: Response): Promise<string> {
  const text = await answer.text();
  try {
    const said: unknown = JSON.parse(text);
    if (typeof said === 'object' && said !== null && 'message' in said && typeof said.message === 'string')
      return said.message;
  } catch {
    if (text.trim() !== '') return text.trim();
  }
  return `The files could not be sent (${String(answer.status)}); try again.`;
}
