/**
 * Lines from this process straight to windows, for what comes often: frames do not pass through the application. Each is
 * one end of a channel, which the application hands over; a window answers every value, as over any port.
 */
import { request } from '#contract/envelope.ts';
import { createPacedProgress, type PacedProgress } from '#contract/paced-progress.ts';
import type { DirectTarget } from '#contract/rpc.ts';
import type { LineEnd } from '../line-port.ts';

export interface DirectLines {
  /** Takes the place of an earlier one of that name. */
  add(name: string, end: LineEnd): void;
  /** Opens a call's progress on a line; null where there is no such line. */
  progressOf(target: DirectTarget | undefined, signal: AbortSignal): DirectProgress | null;
}

export interface DirectProgress {
  send(value: unknown): Promise<void>;
  /** To be called once the call has ended. */
  end(): void;
}

interface Line {
  readonly end: LineEnd;
  readonly calls: Map<number, PacedProgress<unknown>>;
}

export function createDirectLines(): DirectLines {
  const lines = new Map<string, Line>();
  return {
    add(name, end) {
      const line: Line = { end, calls: new Map() };
      lines.set(name, line);
      end.on('message', ({ data }) => {
        const parsed = request.safeParse(data);
        if (parsed.success && parsed.data.type === 'acknowledge')
          line.calls.get(parsed.data.id)?.acknowledge();
      });
      end.on('close', () => {
        if (lines.get(name) === line) lines.delete(name);
        const ended = [...line.calls.values()];
        line.calls.clear();
        for (const call of ended) call.release();
      });
      end.start();
    },
    progressOf(target, signal) {
      const line = target && lines.get(target.line);
      if (line === undefined) return null;
      const id = target!.call;
      const paced: PacedProgress<unknown> = createPacedProgress(
        (value) => line.end.postMessage({ type: 'progress', id, value }),
        () => signal.aborted || line.calls.get(id) !== paced,
      );
      line.calls.set(id, paced);
      signal.addEventListener('abort', () => paced.release());
      return {
        send: (value) => paced.send(value),
        end() {
          if (line.calls.get(id) === paced) line.calls.delete(id);
          paced.release();
        },
      };
    },
  };
}
