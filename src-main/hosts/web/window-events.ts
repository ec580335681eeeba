/**
 * Events on their way to one window. A window that does not keep up gets only the newest of each kind once it has room
 * again: what is true in the end always arrives, and nothing piles up meanwhile.
 */
import type { AppContract } from '#contract/app-contract.ts';
import type { EventPayload } from '#contract/contract.ts';
import type { AppEventName } from '#hosts/service/window-service.ts';

type Emit = <E extends AppEventName>(event: E, payload: EventPayload<AppContract, E>) => void;

export interface WindowEvents {
  readonly offer: Emit;
  /** The window has room again. */
  flush(): void;
}

export function createWindowEvents(emit: Emit, isBehind: () => boolean): WindowEvents {
  const waiting = new Map<string, () => void>();

  function flush(): void {
    for (const [subject, send] of waiting) {
      if (isBehind()) return;
      waiting.delete(subject);
      send();
    }
  }

  return {
    offer: (event, payload) => {
      if (waiting.size === 0 && !isBehind()) {
        emit(event, payload);
        return;
      }
      const subject = subjectOf(event, payload);
      // Put last again: the order is that of the newest.
      waiting.delete(subject);
      waiting.set(subject, () => emit(event, payload));
      flush();
    },
    flush,
  };
}

/** What an event is about: a later one about the same says all that the earlier one did. */
function subjectOf(event: AppEventName, payload: object): string {
  const { jobId, id, iteration, message } = payload as Readonly<Record<string, unknown>>;
  switch (event) {
    case 'engine.state':
    case 'library.changed':
    case 'settings.changed':
      return event;
    case 'jobs.changed':
      return `job ${String(id)}`;
    case 'jobs.removed':
      return `job ${String(jobId)}`;
    case 'training.progress':
    case 'training.preview':
    case 'training.checkpoint':
      return `${event} ${String(jobId)}`;
    case 'training.validation':
      return `${event} ${String(jobId)} ${String(iteration)}`;
    case 'app.notice':
      return `${event} ${String(message)}`;
    default:
      return event satisfies never;
  }
}
