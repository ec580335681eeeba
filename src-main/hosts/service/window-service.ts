/** What a host with windows needs of the application: no more than it can hand to a page. */
import type { AppContract } from '#contract/app-contract.ts';
import type { EventName, EventPayload } from '#contract/contract.ts';
import type { Handlers } from '#contract/rpc.ts';
import type { ByteLine } from '#hosts/engine/graphics/graphics-lines.ts';

export type { ByteLine };

export type AppEventName = EventName<AppContract>;

export interface WindowService {
  readonly handlers: Handlers<AppContract>;
  /** @returns what ends it. */
  onEvent(
    listener: <E extends AppEventName>(event: E, payload: EventPayload<AppContract, E>) => void,
  ): () => void;
  /** A PNG of the library by its sha256. */
  picture(hash: string): Uint8Array | null;
  readonly uploads: {
    create(): Promise<string>;
    /** @throws AppError not-found for an upload that is not open, bad-argument for a name that leads out of it. */
    add(uploadId: string, relativeName: string, body: AsyncIterable<Uint8Array>): Promise<void>;
  };
  /** A page lends its graphics processor to an engine process, as long as its line and that process last. */
  lendGraphics(kind: 'live' | 'heavy', line: ByteLine): void;
  /** @throws AppError not-found */
  download(kind: DownloadKind, id: string): Promise<Download>;
}

export const downloadKinds = ['style', 'model', 'artwork', 'repair', 'export'] as const;
export type DownloadKind = (typeof downloadKinds)[number];

export interface Download {
  readonly fileName: string;
  readonly type: string;
  readonly body: Uint8Array | { readonly path: string };
}
