/**
 * The line to a window: its page asks for a port, once it is loaded, and gets one, over which goes the same rpc as over the
 * web host's WebSocket. Frames of growths come straight from the engine, by a second port that the first one brings.
 */
import { ipcMain, MessageChannelMain } from 'electron';
import { windowContract } from '#contract/desktop-contract.ts';
import { serve } from '#contract/rpc.ts';
import { linePort } from '#hosts/engine/line-port.ts';
import type { Service } from '#hosts/service/service.ts';
import type { Desktop } from './desktop/desktop.ts';
import type { EngineProcesses } from './engine-processes.ts';
import { isOwnPage } from './session-guard.ts';

/** Between the preload script and this. */
export const connectChannel = 'morphogen:connect';
export const portChannel = 'morphogen:port';

export interface LineOptions {
  readonly service: Pick<Service, 'handlers' | 'onEvent'>;
  readonly desktop: Pick<Desktop, 'handlers' | 'onEvent'>;
  readonly engines: Pick<EngineProcesses, 'addLine'>;
  readonly onBug: (failure: unknown) => void;
  readonly onRefusal: (sentence: string) => void;
}

export function answerWindows({ service, desktop, engines, onBug, onRefusal }: LineOptions): void {
  const handlers = { ...service.handlers, ...desktop.handlers };
  let count = 0;
  ipcMain.on(connectChannel, ({ senderFrame }) => {
    if (senderFrame === null || !isOwnPage(senderFrame)) {
      onRefusal('A page that is not Morphogen’s asked for its port.');
      return;
    }
    const { port1: own, port2: pages } = new MessageChannelMain();
    const directLine = `window-${(count += 1)}`;
    const port = linePort(own);
    const window = serve(windowContract, port, handlers, { onBug, onRefusal, directLine });
    port.onClose(service.onEvent((event, payload) => window.emit(event, payload)));
    port.onClose(desktop.onEvent((event, payload) => window.emit(event, payload)));
    port.onClose(engines.addLine(directLine, (end) => own.postMessage({ type: 'line' }, [end])));
    senderFrame.postMessage(portChannel, null, [pages]);
  });
}
