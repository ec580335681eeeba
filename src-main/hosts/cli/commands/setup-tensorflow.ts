/** `setup-tensorflow`: brings the native TensorFlow library, for the backend of that name. */
import { readSetUp, tensorflowFolder } from '#hosts/engine/tensorflow/place.ts';
import { defineCommand } from '../command.ts';
import { thisMachine } from '../tensorflow/machine.ts';
import { removeTensorflow, setUpTensorflow } from '../tensorflow/set-up-tensorflow.ts';

export const command = defineCommand({
  name: 'setup-tensorflow',
  summary: 'Bring the native TensorFlow library, for the backend tensorflow',
  description:
    'Nothing else needs it. Downloads TensorFlow with pip and tfjs-node-gpu with npm, compiles the addon between them ' +
    'and checks it. It needs Python with pip, a C++ compiler, and 0.9 GB (6.5 GB with --cuda) in the folder for ' +
    "caches of the user's, or in the one that MORPHOGEN_TENSORFLOW names. Interrupted, it goes on where it was.",
  options: {
    cuda: { type: 'boolean', help: "for an NVIDIA graphics processor, with NVIDIA's libraries" },
    remove: { type: 'boolean', help: 'take it away again' },
    json: { type: 'boolean', help: 'print one line of JSON' },
  },
  examples: [
    { line: 'setup-tensorflow', does: 'for the processor' },
    { line: 'setup-tensorflow --cuda', does: 'for an NVIDIA graphics processor' },
    { line: 'setup-tensorflow --remove', does: 'free the room' },
  ],
  async run({ options, out, err, signal, env }) {
    const machine = { ...thisMachine(signal), env };
    const folder = tensorflowFolder(machine.platform, env);
    if (options.remove) {
      const had = readSetUp(folder);
      const removed = await removeTensorflow(folder);
      err.line(removed ? `Removed ${folder}` : `Nothing to remove: there is no ${folder}`);
      if (options.json) out.line(JSON.stringify({ removed, had }));
      return;
    }
    const say = (sentence: string): void => err.line(sentence);
    const variant = options.cuda ? 'cuda' : 'cpu';
    const { setUp, check } = await setUpTensorflow({ machine, folder, variant, signal, say });
    if (options.json) {
      out.line(JSON.stringify({ folder, ...setUp, ...check }));
      return;
    }
    out.line(`TensorFlow     ${setUp.version}, for ${setUp.variant === 'cuda' ? 'CUDA' : 'processors'}`);
    out.line(`tfjs-node-gpu  ${setUp.package}, compiled here`);
    out.line(
      `Computes on    ${check.onGpu ? 'the graphics processor' : `the processor, ${check.threads} threads`}`,
    );
    out.line(`Matrix product ${check.gflops.toFixed(0)} GFLOP/s`);
    out.line(
      `Differences    ${check.matmulError.toExponential(1)} in a product, ` +
        `${check.gradientError.toExponential(1)} in a convolution's gradient`,
    );
    out.line(`In             ${folder}`);
    out.line('Use it with --backend tensorflow, or choose it in the settings.');
  },
});
