/** The entry of one thread of the wasm kernels. */
import { parentPort, workerData } from 'node:worker_threads';
import { runThread, type ThreadStart } from '#engine/kernels/wasm/runtime.ts';

runThread(workerData as ThreadStart, () => parentPort?.postMessage('ready'));
