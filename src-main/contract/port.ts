/**
 * The least that two processes need to talk: Electron's MessagePort, a child process and a WebSocket are all made into
 * one. A port carries structured values; Uint8Arrays in them arrive as Uint8Arrays, never as text.
 */
export interface Port {
  /** Never throws for a closed port; the message is lost, and `onClose` has told. */
  post(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Once, also if the other side went away; at once if it is closed already. */
  onClose(listener: (reason: string) => void): void;
  close(): void;
}
