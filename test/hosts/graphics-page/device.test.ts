/** The browser's processor as a page's worker opens it, by a stand-in for what the browser has. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { wantedLimits } from '#engine/kernels/webgpu/gpu.ts';
import { WATCHED_MS } from '#engine/kernels/webgpu/submission-pace.ts';
import { openDevice } from '#hosts/graphics-page/device.ts';

interface Wished {
  readonly requiredLimits: Readonly<Record<string, number>>;
  readonly requiredFeatures: readonly string[];
}

const plain = { vendor: '', architecture: '', device: '', description: '', isFallbackAdapter: false };
const nvidia = { ...plain, vendor: 'nvidia', architecture: 'ampere' };
const limits = Object.fromEntries(wantedLimits.map((name, i) => [name, 1000 + i]));

afterEach(() => browserHas(undefined));

test('the best processor is opened with the limits that it has, for a window that is watched', async () => {
  let preference: unknown;
  let wished: Wished | undefined;
  let isClosed = false;
  browserHas({
    requestAdapter(options: unknown) {
      preference = options;
      return Promise.resolve({
        ...{ info: nvidia, limits, features: new Set(['timestamp-query', 'float32-blendable']) },
        requestDevice(given: Wished) {
          wished = given;
          return Promise.resolve({ destroy: () => (isClosed = true) });
        },
      });
    },
  });
  const { host, isSoftware, key, close } = await openDevice(false);
  assert.deepEqual(preference, { powerPreference: 'high-performance' });
  assert.deepEqual(wished?.requiredLimits, limits);
  assert.deepEqual(wished.requiredFeatures, ['timestamp-query']);
  assert.equal(host.name, 'NVIDIA ampere');
  assert.equal(host.submissionMs, WATCHED_MS);
  assert.equal(isSoftware, false);
  assert.match(key, /nvidia\|ampere/);
  assert.ok(key.includes(navigator.userAgent));
  close();
  assert.ok(isClosed);
});

test('what says more of itself is called by that', async () => {
  browserHas(offering({ ...nvidia, device: '0x2684', description: 'NVIDIA GeForce RTX 4090' }));
  assert.equal((await openDevice(false)).host.name, 'NVIDIA GeForce RTX 4090');
  browserHas(offering(plain));
  assert.equal((await openDevice(false)).host.name, 'a graphics processor');
});

test('software is not opened, unless it is asked for', async () => {
  for (const info of [
    { ...plain, vendor: 'google', architecture: 'swiftshader' },
    { ...plain, description: 'Microsoft Basic Render Driver' },
    { ...nvidia, isFallbackAdapter: true },
  ]) {
    let opened = 0;
    browserHas(offering(info, () => opened++));
    await assert.rejects(openDevice(false), { code: 'unsupported', message: /software/ });
    assert.equal(opened, 0);
    assert.equal((await openDevice(true)).isSoftware, true);
  }
});

test('a browser without WebGPU, without a processor, or whose processor opens nothing says so', async () => {
  await assert.rejects(openDevice(true), { code: 'unsupported', message: /has no WebGPU/ });
  browserHas({ requestAdapter: () => Promise.resolve(null) });
  await assert.rejects(openDevice(true), { code: 'unsupported', message: /no graphics processor for it/ });
  browserHas({ requestAdapter: () => Promise.reject(new Error('blocked')) });
  await assert.rejects(openDevice(true), { code: 'unsupported', message: /no graphics processor for it/ });
  const fail = (): never => {
    throw new Error('no');
  };
  browserHas(offering(nvidia, fail));
  await assert.rejects(openDevice(true), { code: 'unsupported', message: /NVIDIA ampere is there/ });
});

function offering(info: object, onOpen: () => void = () => undefined): object {
  const requestDevice = async (): Promise<object> => {
    onOpen();
    return { destroy: () => undefined };
  };
  return { requestAdapter: () => Promise.resolve({ info, limits, features: new Set(), requestDevice }) };
}

function browserHas(gpu: object | undefined): void {
  Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true });
}
