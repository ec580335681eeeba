/** A service over a new data folder, asked as a window asks: through the rpc, over a port, with everything checked. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { appContract, type AppContract } from '#contract/app-contract.ts';
import { createClient, serve, type Client } from '#contract/rpc.ts';
import { createService, type Service, type ServiceOptions } from '#hosts/service/service.ts';
import { createPortPair } from '../../contract/port-pair.ts';

const root = new URL('../../../', import.meta.url);

export const sampleEmoji = fileURLToPath(new URL('assets/samples/emoji', root));

export async function newFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'morphogen-service-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export interface ServiceStage {
  readonly service: Service;
  readonly window: Client<AppContract>;
  readonly bugs: unknown[];
}

export async function openService(
  t: TestContext,
  dataFolder: string,
  options: Partial<ServiceOptions> = {},
): Promise<ServiceStage> {
  const bugs: unknown[] = [];
  const service = await createService({
    ...{ dataFolder, version: '0.0.1', hasNativeDialogs: false },
    assetsFolder: fileURLToPath(new URL('assets', root)),
    modelsFolder: fileURLToPath(new URL('models', root)),
    onBug: (bug) => bugs.push(bug),
    ...options,
  });
  t.after(() => service.close());
  return { service, window: openWindow(service, bugs), bugs };
}

export function openWindow(service: Service, bugs: unknown[] = []): Client<AppContract> {
  const { left: near, right: far } = createPortPair();
  const server = serve(appContract, far, service.handlers, { onBug: (bug) => bugs.push(bug) });
  const end = service.onEvent((event, payload) => server.emit(event, payload));
  far.onClose(end);
  return createClient(appContract, near);
}
