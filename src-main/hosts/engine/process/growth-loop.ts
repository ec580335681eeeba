/** The turns of a growth's player, one after another, with everything else of this process in between. */
import { setImmediate as immediately } from 'node:timers/promises';
import type { GrowthPlayer } from '#app/growth-player.ts';

export interface GrowthLoop {
  /** Takes the next turn now. */
  wake(): void;
  /** Until the player ends; what ended it, its player has told. */
  run(player: GrowthPlayer): Promise<void>;
  stop(): void;
}

export function createGrowthLoop(): GrowthLoop {
  let isWanted = false;
  let isStopped = false;
  let endSleep = (): void => undefined;

  function sleep(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = waitMs === Infinity ? undefined : setTimeout(resolve, waitMs);
      endSleep = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  function wake(): void {
    isWanted = true;
    endSleep();
  }

  return {
    wake,
    async run(player) {
      while (!isStopped) {
        isWanted = false;
        const waitMs = await player.turn();
        // Also where no time is left: whoever asks something gets a turn.
        await (isWanted || waitMs < 1 ? immediately() : sleep(waitMs));
      }
    },
    stop() {
      isStopped = true;
      endSleep();
    },
  };
}
