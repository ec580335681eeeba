/** The report of the graphics processor as lines: seconds, how many times as fast we are as each peer, and what was aimed at. */
import type { GpuReport, GpuTimes } from './gpu.ts';
import { variantName } from '#engine/kernels/webgpu/code/variant.ts';

/** Times as fast as each peer in training, and live steps a second. */
const GOALS: Readonly<Record<string, number>> = { PyTorch: 10, 'PyTorch compiled': 2, JAX: 1.5 };
const LIVE_GOAL = 60;
/** As the peers name it. */
const ON_MAIN = /^(the main processor|cpu)\b/i;

const MOST_KERNELS = 12;

export function gpuTable({ processor, isSoftware, peak, presets, live }: GpuReport): string[] {
  const lines = [
    `${processor}${isSoftware ? ' (software)' : ''}: at most ${(peak.flops / 1e12).toPrecision(3)} TFLOP/s in float32, ${(peak.bandwidth / 1e9).toPrecision(3)} GB/s`,
    ...presets.flatMap((times) => ['', ...presetLines(times)]),
  ];
  const { automata, side, stepsPerSecond, halfStepsPerSecond, way, bytes } = live;
  const goal = automata === 1000 ? `; goal ${LIVE_GOAL}: ${judged(stepsPerSecond >= LIVE_GOAL)}` : '';
  lines.push(
    '',
    `${automata} live automata of ${side}×${side}: ${stepsPerSecond.toPrecision(3)} steps/s${goal}`,
    `  float16 states: ${halfStepsPerSecond.toPrecision(3)} steps/s, ${megabytes(bytes.half)} of scratch instead of ${megabytes(bytes.full)}`,
    `  ${way}`,
  );
  return lines;
}

function presetLines({ preset, batch, steps, rows, ...times }: GpuTimes): string[] {
  const titles = ['training', `inference ${batch}`, 'inference 1'];
  const ours = rows['webgpu'].seconds;
  const lines = [
    `${preset}, batch ${batch}, ${steps} steps, every cell alive`,
    `  ${''.padEnd(17)} ${titles.map((title) => title.padStart(24)).join('')}`,
  ];
  for (const [name, { seconds, device }] of Object.entries(rows)) {
    const cell = (time: number | null, i: number): string => {
      if (time === null) return 'not measured';
      const ratio = name === 'webgpu' ? '' : ` (ours ${(time / ours[i]!).toFixed(2)}×)`;
      return `${time.toPrecision(4)} s${ratio}`;
    };
    lines.push(
      `  ${name.padEnd(17)} ${seconds.map((time, i) => cell(time, i).padStart(24)).join('')}   on ${device}`,
    );
  }
  const goals = Object.entries(GOALS).map(([name, goal]) => {
    const row = Object.entries(rows).find(([peer]) => peer === name)?.[1];
    const time = row?.seconds[0] ?? null;
    // Who ran on the main processor says nothing of this one.
    const isMet =
      row === undefined || time === null || ON_MAIN.test(row.device) ? null : time / ours[0]! >= goal;
    return `${goal}× ${name}: ${judged(isMet)}`;
  });
  lines.push(
    `  goals in training: ${goals.join('; ')}`,
    `  training: ${percent(times.peakShare)} of the multiply-adds and at least ${percent(times.bandwidthShare)} of the bandwidth there are`,
    ...tunedLines(times),
    ...profileLines(times),
    ...halfLines({ rows, ...times }),
  );
  return lines;
}

function tunedLines({ tuned }: Pick<GpuTimes, 'tuned'>): string[] {
  return tuned.flatMap(({ kernel, batch, variant, tried }) => [
    `  ${kernel} kernel, batch ${batch}: ${variantName(variant)}; tried:`,
    ...tried.map(({ name, ms }) => `    ${ms.toPrecision(3).padStart(8)} ms  ${name}`),
  ]);
}

function profileLines({ profile }: Pick<GpuTimes, 'profile'>): string[] {
  if (profile === null)
    return ['  where the time goes: this processor has no clock of its own (timestamp-query)'];
  const { wallMs, kernels } = profile;
  const sum = kernels.reduce((total, { ms }) => total + ms, 0);
  const line = (name: string, ms: number, dispatches: number): string =>
    `    ${ms.toPrecision(3).padStart(8)} ms  ${percent(ms / sum).padStart(7)}  ${name}, ${dispatches} dispatches`;
  const shown = kernels.slice(0, MOST_KERNELS);
  const rest = kernels.slice(MOST_KERNELS);
  const total = (of: typeof kernels, what: 'ms' | 'dispatches'): number =>
    of.reduce((all, one) => all + one[what], 0);
  const foreign = kernels.filter(({ kernel }) => kernel.startsWith('tfjs: '));
  return [
    `  where the time of an iteration goes: ${sum.toPrecision(3)} ms of kernels (${percent(total(foreign, 'ms') / sum)} of it tfjs’s operations), ${wallMs.toPrecision(3)} ms in all while each is timed by itself`,
    ...shown.map(({ kernel, ms, dispatches }) => line(kernel, ms, dispatches)),
    ...(rest.length > 0 ? [line(`${rest.length} others`, total(rest, 'ms'), total(rest, 'dispatches'))] : []),
  ];
}

function halfLines({
  half,
  rows,
}: Pick<GpuTimes, 'half'> & Pick<GpuReport['presets'][number], 'rows'>): string[] {
  const { psnr, gradientError, seconds, bytes } = half;
  const times = (full: number, less: number): string => `${(full / less).toFixed(2)}× as fast`;
  const alike = Number.isFinite(psnr) ? `${psnr.toFixed(1)} dB` : 'the same';
  return [
    `  float16 states: pictures ${alike}, a rule’s gradient off by ${percent(gradientError)}; training ${times(rows['webgpu'].seconds[0]!, seconds.training)}, growing ${times(seconds.growingFull, seconds.growing)}; ${megabytes(bytes.half)} for all steps instead of ${megabytes(bytes.full)}`,
  ];
}

function judged(isMet: boolean | null): string {
  if (isMet === null) return 'not measured on a graphics processor';
  return isMet ? 'met' : 'not met';
}

function percent(share: number): string {
  return `${(100 * share).toPrecision(2)} %`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toPrecision(3)} MB`;
}
