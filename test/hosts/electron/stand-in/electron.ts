/** What `electron` exports to a main process, as far as the desktop's host uses it. */
export { app } from './app.ts';
export { nativeImage, nativeTheme, screen } from './appearance.ts';
export { BrowserWindow } from './browser-window.ts';
export { dialog } from './dialog.ts';
export { ipcMain } from './ipc-main.ts';
export { Menu } from './menu.ts';
export { MessageChannelMain } from './message-channel.ts';
export { Notification } from './notification.ts';
export { powerMonitor, powerSaveBlocker } from './power.ts';
export { protocol } from './protocol.ts';
export { session } from './session.ts';
export { shell, /* For tests to look at. */ openedElsewhere } from './shell.ts';
export { utilityProcess } from './utility-process.ts';
