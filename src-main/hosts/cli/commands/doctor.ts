/** `doctor`: what this machine has, which backends work on it, and why the others do not. */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import process from 'node:process';
import { tryBackends, type BackendReport } from '../backend-trial.ts';
import { defineCommand, type Output } from '../command.ts';
import { wasmFeatures, type WasmFeatures } from '../wasm-features.ts';

export interface DoctorReport {
  readonly morphogen: string;
  readonly node: string;
  readonly platform: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryMb: { readonly total: number; readonly free: number };
  /** Threads the kernels use. */
  readonly threads: number;
  readonly wasm: WasmFeatures;
  readonly packages: Readonly<Record<string, string>>;
  /** The backend that commands use on this machine. */
  readonly backend: string;
  readonly backends: readonly BackendReport[];
}

export const command = defineCommand({
  name: 'doctor',
  summary: 'Tell versions, threads and SIMD, which backends work here, and why the others do not',
  options: { json: { type: 'boolean', help: 'print one line of JSON' } },
  examples: [
    { line: 'doctor', does: 'look at this machine' },
    { line: 'doctor --json', does: 'the same, for programs' },
  ],
  async run({ options, out }) {
    const report = await examine();
    if (options.json) out.line(JSON.stringify(report));
    else print(report, out);
    return report.backends.some(({ works }) => works) ? 0 : 1;
  },
});

async function examine(): Promise<DoctorReport> {
  const { backends, threads } = await tryBackends();
  return {
    morphogen: versionOf(new URL('../../../../package.json', import.meta.url)),
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryMb: { total: toMb(totalmem()), free: toMb(freemem()) },
    threads,
    wasm: wasmFeatures(),
    packages: Object.fromEntries(
      ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu', 'sharp'].map((name) => [
        name,
        versionOf(new URL(`../../../../node_modules/${name}/package.json`, import.meta.url)),
      ]),
    ),
    backend: backends.find(({ works }) => works)?.name ?? 'none',
    backends,
  };
}

function print(report: DoctorReport, out: Output): void {
  const { simd, relaxedSimd, threads } = report.wasm;
  const yes = (has: boolean): string => (has ? 'yes' : 'no');
  const rows: [string, string][] = [
    ['Morphogen', report.morphogen],
    ['Node', `${report.node} on ${report.platform}`],
    ['Processor', `${report.processor}, ${report.cores} cores`],
    ['Memory', `${report.memoryMb.total} MB, ${report.memoryMb.free} MB free`],
    ['WebAssembly', `SIMD ${yes(simd)}, relaxed SIMD ${yes(relaxedSimd)}, threads ${yes(threads)}`],
    ['Threads', String(report.threads)],
    ...Object.entries(report.packages),
    ['Backend', report.backend],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, value] of rows) out.line(`${name.padEnd(width)}  ${value}`);
  out.line();
  for (const { name, works, detail } of report.backends) {
    out.line(`${works ? '✔' : '✖'} ${name.padEnd(10)}  ${works ? '' : 'not here: '}${detail}`);
  }
}

function toMb(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}

function versionOf(manifest: URL): string {
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  return version;
}
