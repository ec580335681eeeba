/** What computes, in words: a line or two for the rail, more for the settings. */
import type { EngineInfo, EngineState } from '#contract/shapes/engine-state.ts';
import { plural } from './words.ts';

export interface EngineWords {
  readonly title: string;
  /** What it runs on; null where that is not known, or nothing runs. */
  readonly device: string | null;
  /** Good: it computes. Busy: it will. Bad: it does not, or not well. */
  readonly tone: 'good' | 'busy' | 'bad';
  /** Whether starting it again may help. */
  readonly canRetry: boolean;
}

/** Who does some of the work. */
export interface Share {
  readonly work: string;
  readonly by: string;
}

const backends = {
  webgpu: 'WebGPU',
  wasm: 'WebAssembly',
  tensorflow: 'TensorFlow',
  reference: 'Reference loops',
  composed: 'Plain tfjs',
} as const;

export function engineWords(engine: EngineState | null): EngineWords {
  const busy = (title: string): EngineWords => ({ title, device: null, tone: 'busy', canRetry: false });
  const bad = (title: string): EngineWords => ({ title, device: null, tone: 'bad', canRetry: true });
  if (engine === null) return busy('Engine: waiting');
  switch (engine.status) {
    case 'starting':
      return busy('Engine is starting');
    case 'ready':
      return { ...running(engine.info), tone: 'good', canRetry: false };
    case 'stalled':
      return bad('Engine does not answer');
    case 'restarting':
      return busy('Engine starts again');
    case 'failed':
      return bad('Engine has failed');
    default:
      return engine.status satisfies never;
  }
}

function running(info: EngineInfo | null): Pick<EngineWords, 'title' | 'device'> {
  if (info === null) return { title: 'Engine is ready', device: null };
  const { backend, threads, device, graphics } = info;
  if (graphics === undefined) return { title: onThreads(backend, threads), device };
  const title = graphics.rest === null ? backends.webgpu : `${backends.webgpu} in the window`;
  return { title, device: processorName(graphics) };
}

/** Where a window's processor does some of the work: who does what. Else nothing, as one does it all. */
export function sharesOfWork({ graphics, threads, device }: EngineInfo): readonly Share[] {
  if (graphics === undefined || graphics.rest === null) return [];
  const rest = graphics.rest === 'webgpu' ? 'WebGPU outside of it' : onThreads(graphics.rest, threads);
  return [
    { work: 'Growing and training', by: processorName(graphics) },
    { work: 'Everything else', by: `${rest} (${device})` },
  ];
}

/** Why nothing better computes, in sentences. */
export function reasonsIn({ description, graphics }: EngineInfo): readonly string[] {
  if (graphics !== undefined && graphics.rest !== null) {
    if (!graphics.isSoftware) return [];
    return ['The main processor plays this graphics processor: WebAssembly is faster.'];
  }
  const [, ...reasons] = description.split('; ');
  return reasons.map((reason) => `${reason.slice(0, 1).toUpperCase()}${reason.slice(1).replace(/\.$/, '')}.`);
}

function processorName({ name, isSoftware }: NonNullable<EngineInfo['graphics']>): string {
  return isSoftware ? `${name}, software` : name;
}

function onThreads(backend: EngineInfo['backend'], threads: number): string {
  return `${backends[backend]}, ${plural(threads, 'thread')}`;
}
