/** Settings; those of the engine take effect by starting it again. */
import type { AppContract } from '#contract/app-contract.ts';
import type { Handler } from '#contract/rpc.ts';
import type { AppPorts } from '../ports.ts';

type SettingsMethod = 'settings.set' | 'engine.restart';

export function settingsHandlers(ports: Pick<AppPorts, 'store' | 'engines' | 'emit' | 'onBug'>): {
  readonly [M in SettingsMethod]: Handler<AppContract, M>;
} {
  return {
    'settings.set': (patch) => {
      const before = ports.store.settings();
      const after = ports.store.changeSettings(patch);
      ports.emit('settings.changed', after);
      // Its state tells the windows how that goes.
      if (before.backend !== after.backend || before.threads !== after.threads)
        ports.engines.restart(after).catch(ports.onBug);
      return after;
    },
    'engine.restart': () => ports.engines.restart(ports.store.settings()),
  };
}
