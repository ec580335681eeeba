/** An engine process for the service: forked, opened with the user's settings. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { engineContract } from '#contract/engine-contract.ts';
import { createClient } from '#contract/rpc.ts';
import type { EngineState } from '#contract/shapes/engine-state.ts';
import { processPort } from '#hosts/engine/process-port.ts';
import type { EngineProcess, OpenEngine } from './engines.ts';

const entry = fileURLToPath(new URL('../engine/process/main.ts', import.meta.url));

export const openEngineProcess: OpenEngine = (_kind, settings): EngineProcess => {
  let state: EngineState = { status: 'starting', info: null, restarts: 0, problem: null };
  const listeners: ((state: EngineState) => void)[] = [];
  const set = (next: EngineState): void => {
    state = next;
    for (const listener of listeners) listener(state);
  };
  const begin = () => {
    const child = fork(entry, { serialization: 'advanced' });
    const client = createClient(engineContract, processPort(child, 'the engine ended'));
    const opened = client
      .call('engine.open', settings)
      .then((info) => set({ ...state, status: 'ready', info }));
    return { client, opened };
  };
  let current = begin();
  return {
    async call(method, params, options) {
      await current.opened;
      return current.client.call(method, params, options);
    },
    state: () => state,
    onState: (listener) => void listeners.push(listener),
    async restart() {
      current.client.close();
      current = begin();
      await current.opened;
      return state;
    },
    async close() {
      current.client.close();
    },
  };
};
