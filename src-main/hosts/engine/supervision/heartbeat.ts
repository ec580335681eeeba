/**
 * Asks an engine every two seconds whether it is there. An answer that does not come is a hang; time that this process
 * did not see pass, because the machine slept or it was busy itself, does not count.
 */
import type { EngineContract } from '#contract/engine-contract.ts';
import type { Client } from '#contract/rpc.ts';
import { AppError } from '#domain/errors.ts';
import type { SupervisionClock } from './supervision-clock.ts';

export interface Heartbeat {
  readonly client: Pick<Client<EngineContract>, 'call'>;
  readonly clock: SupervisionClock;
  readonly stallMs: number;
  /** Between two questions; two seconds if left out. */
  readonly beatMs?: number | undefined;
  /** Once, and the heart is listened to no more. */
  readonly onStall: (silentMs: number) => void;
  /** It answers that it cannot go on. */
  readonly onBroken: () => void;
}

const BEAT_MS = 2000;

/** @returns what ends it. */
export function startHeartbeat(heartbeat: Heartbeat): () => void {
  const { client, clock, stallMs, beatMs = BEAT_MS, onStall, onBroken } = heartbeat;
  let heardMs = clock.nowMs();
  let isAsking = false;
  let isOver = false;
  let callOff = next();

  function next(): () => void {
    const dueMs = clock.nowMs() + beatMs;
    return clock.after(beatMs, () => beat(clock.nowMs() - dueMs));
  }

  function beat(lateMs: number): void {
    if (isOver) return;
    if (lateMs > BEAT_MS) heardMs += lateMs;
    const silentMs = clock.nowMs() - heardMs;
    if (silentMs >= stallMs) {
      isOver = true;
      onStall(silentMs);
      return;
    }
    if (!isAsking) void ask();
    callOff = next();
  }

  async function ask(): Promise<void> {
    isAsking = true;
    try {
      await client.call('engine.ping', {});
      heardMs = clock.nowMs();
    } catch (failure) {
      const isGone = failure instanceof AppError && failure.code === 'disconnected';
      if (!isGone && !isOver) onBroken();
    } finally {
      isAsking = false;
    }
  }

  return () => {
    isOver = true;
    callOff();
  };
}
