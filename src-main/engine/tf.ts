/**
 * The one door to tfjs: its operations as the namespace `tf` (functions only; chained methods such as a.add(b) are
 * not registered) and the plain CPU backend, which importing registers as `cpu`. Its greeting in Node, which
 * recommends another package, is silenced; nothing else hangs on the flag.
 */
import * as tf from '@tensorflow/tfjs-core';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { registerTapeGradients } from './tape-gradients.ts';

tf.env().set('PROD', true);
registerTapeGradients();

export { MathBackendCPU, tf };
