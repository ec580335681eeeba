/** An application of a few methods, for tests of the web host alone. */
import { createHash } from 'node:crypto';
import type { AppContract } from '#contract/app-contract.ts';
import type { EventPayload } from '#contract/contract.ts';
import type { Handlers } from '#contract/rpc.ts';
import { AppError } from '#domain/errors.ts';
import type { AppEventName, ByteLine, WindowService } from '#hosts/service/window-service.ts';

export const picture = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 1, 2, 3);
export const pictureHash = createHash('sha256').update(picture).digest('hex');

export const librarySummary = { styles: 1, artworks: 2, models: 3, undo: null, redo: null };

export interface StandIn extends WindowService {
  emit<E extends AppEventName>(event: E, payload: EventPayload<AppContract, E>): void;
  /** Lines of pages. */
  readonly lent: { readonly kind: 'live' | 'heavy'; readonly line: ByteLine }[];
  /** By `UPLOAD/NAME`. */
  readonly uploaded: Map<string, Uint8Array>;
  /** Calls of growth.watch whose signal was aborted. */
  cancelled: number;
  /** Windows that listen. */
  listeners(): number;
}

export function createStandIn(): StandIn {
  const listeners = new Set<(event: AppEventName, payload: never) => void>();
  const uploaded = new Map<string, Uint8Array>();
  const handlers: Partial<Handlers<AppContract>> = {
    'undo.undo': () => librarySummary,
    'models.rename': ({ name }) => {
      throw new AppError('not-found', `There is no model to be called ${name}.`);
    },
    'growth.watch': async (_, { signal, progress }) => {
      for (let step = 0; !signal.aborted; step++) await progress(frame(step));
      service.cancelled++;
      return {};
    },
  };
  const service: StandIn = {
    handlers: handlers as Handlers<AppContract>,
    onEvent: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    emit: (event, payload) => {
      for (const listener of listeners) listener(event, payload as never);
    },
    listeners: () => listeners.size,
    picture: (hash) => (hash === pictureHash ? picture : null),
    uploads: {
      create: () => Promise.resolve('upload-1'),
      add: async (uploadId, relativeName, body) => {
        if (uploadId !== 'upload-1') throw new AppError('not-found', 'There is no such upload: begin again.');
        const chunks: Uint8Array[] = [];
        for await (const chunk of body) chunks.push(chunk);
        uploaded.set(`${uploadId}/${relativeName}`, new Uint8Array(Buffer.concat(chunks)));
      },
    },
    download: async (kind, id) => {
      if (id === 'broken') throw new TypeError('a secret: /home/someone');
      if (id !== 'one')
        throw new AppError('not-found', `There is no such ${kind}: it may have been deleted.`);
      return {
        fileName: 'naïve “style”\r\nX-Evil: 1/..\\.safetensors',
        type: 'application/octet-stream',
        body: picture,
      };
    },
    lendGraphics: (kind, line) => void service.lent.push({ kind, line }),
    lent: [],
    uploaded,
    cancelled: 0,
  };
  return service;
}

function frame(step: number) {
  return {
    step,
    lastStep: step,
    isPlaying: true,
    height: 64,
    width: 64,
    rgba: new Uint8Array(64 * 64 * 4).fill(step % 256),
    alive: 5,
    mix: { kind: 'turns' as const, ratio: [1] },
    eventsSoFar: 0,
    events: 0,
    canUndo: false,
    canRedo: false,
    stepsPerSecond: 60,
  };
}
