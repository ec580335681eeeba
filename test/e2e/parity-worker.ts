/** The parity cases in a browser's worker, on the page's own device; posts each one's figures. */
import { useWebgpuBackend } from '#engine/kernels/webgpu/register.ts';
import { tryRollout } from '#engine/kernels/webgpu/trial.ts';
import { tf } from '#engine/tf.ts';
import { openDevice } from '#hosts/graphics-page/device.ts';
import { parityCases, type Compared } from '#test/engine/kernels/webgpu/parity-cases.ts';
import { parseFixture, type Fixture } from '#test/fixtures/parse-safetensors.ts';

export type ParityMessage =
  | { readonly kind: 'device'; readonly name: string; readonly isSoftware: boolean; readonly key: string }
  | { readonly kind: 'case'; readonly name: string; readonly found: readonly Compared[] }
  | { readonly kind: 'end'; readonly tensors: number }
  | { readonly kind: 'failure'; readonly message: string };

const worker = globalThis as unknown as {
  postMessage(message: ParityMessage): void;
  fetch(path: string): Promise<{ arrayBuffer(): Promise<ArrayBuffer> }>;
};

async function run(): Promise<void> {
  const { host, isSoftware, key, close } = await openDevice(true);
  worker.postMessage({ kind: 'device', name: host.name, isSoftware, key });
  await useWebgpuBackend(host);
  await tryRollout(host.name);
  for (const { name, fixture, run } of parityCases) {
    const found = await run(fixture === null ? null : await fetchFixture(fixture));
    worker.postMessage({ kind: 'case', name, found });
  }
  worker.postMessage({ kind: 'end', tensors: tf.memory().numTensors });
  tf.removeBackend('webgpu');
  close();
}

async function fetchFixture(name: string): Promise<Fixture> {
  const response = await worker.fetch(`./${name}.safetensors`);
  return parseFixture(new Uint8Array(await response.arrayBuffer()), name);
}

run().catch((failure: unknown) => {
  const message = failure instanceof Error ? (failure.stack ?? failure.message) : String(failure);
  worker.postMessage({ kind: 'failure', message });
});
