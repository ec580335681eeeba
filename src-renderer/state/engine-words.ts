/** What computes, in a line: for the rail and the settings. */
import type { EngineState } from '#contract/shapes/engine-state.ts';

export interface EngineWords {
  readonly title: string;
  /** Good: it computes. Busy: it will. Bad: it does not, or not well. */
  readonly tone: 'good' | 'busy' | 'bad';
  /** Whether starting it again may help. */
  readonly canRetry: boolean;
}

const backends = {
  webgpu: 'WebGPU',
  wasm: 'WebAssembly',
  tensorflow: 'TensorFlow',
  reference: 'Reference loops',
  composed: 'Plain tfjs',
} as const;

export function engineWords(engine: EngineState | null): EngineWords {
  if (engine === null) return { title: 'Engine: waiting', tone: 'busy', canRetry: false };
  const { info } = engine;
  switch (engine.status) {
    case 'starting':
      return { title: 'Engine is starting', tone: 'busy', canRetry: false };
    case 'ready':
      return { title: info === null ? 'Engine is ready' : runningOn(info), tone: 'good', canRetry: false };
    case 'stalled':
      return { title: 'Engine does not answer', tone: 'bad', canRetry: true };
    case 'restarting':
      return { title: 'Engine starts again', tone: 'busy', canRetry: false };
    case 'failed':
      return { title: 'Engine has failed', tone: 'bad', canRetry: true };
    default:
      return engine.status satisfies never;
  }
}

function runningOn({ backend, threads }: NonNullable<EngineState['info']>): string {
  return `${backends[backend]}, ${String(threads)} ${threads === 1 ? 'thread' : 'threads'}`;
}
