/** A page with a graphics processor, played by this process: Dawn behind the page's engine, pairs of ports before it. */
import { tf } from '#engine/tf.ts';
import { connectGraphics, type Graphics } from '#hosts/engine/graphics/graphics.ts';
import { processors, type OpenDevice } from '#hosts/engine/webgpu/dawn.ts';
import { createGraphicsPage } from '#hosts/graphics-page/graphics-page.ts';
import { createPortPair } from '#test/contract/port-pair.ts';

export interface OpenPage {
  /** Of the first port. */
  readonly graphics: Graphics;
  /** The next answers of the device to whether there was memory are that there was none. */
  refuseMemory(times: number): void;
  /** The first port is closed, as when the page is. */
  leave(): void;
  /** Fulfilled when all is done that was asked of the page so far. */
  isIdle(): Promise<void>;
  /** Also the device. */
  close(): void;
}

export async function openPage(): Promise<OpenPage> {
  let open: OpenDevice | undefined;
  const page = createGraphicsPage(
    {
      async openDevice() {
        for await (const { isSoftware, key, open: openIt } of processors()) {
          const device = (open = await openIt());
          return { host: device.host, isSoftware, key, close: () => device.close() };
        }
        throw new Error('There is no processor.');
      },
      canvasOf: () => null,
    },
    {
      onBug(failure) {
        throw failure;
      },
    },
  );
  const connect = async (): Promise<{ graphics: Graphics; leave(): void }> => {
    const { left, right } = createPortPair();
    page.serve(right);
    return {
      graphics: await connectGraphics(left).open({ softwareToo: true, known: [] }),
      leave: () => right.close(),
    };
  };
  const first = await connect();
  // Not before there is a device: tfjs looks for one when it is loaded.
  const { gpuBackend } = await import('#engine/kernels/webgpu/backend.ts');
  const second = await connect();
  return {
    graphics: first.graphics,
    refuseMemory(times) {
      const { gpu } = gpuBackend(tf.backend());
      gpu.releaseScratch();
      const { device } = gpu;
      const answer = device.popErrorScope.bind(device);
      let left = times;
      device.popErrorScope = async () => {
        const error = await answer();
        return left-- > 0 ? { message: 'out of memory' } : error;
      };
    },
    leave: first.leave,
    async isIdle() {
      await second.graphics.call('training.close', { trainingId: 'nobody' });
    },
    close() {
      first.graphics.close();
      second.graphics.close();
      open?.close();
    },
  };
}
