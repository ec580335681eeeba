import { cpus } from 'node:os';

/** The processor, for people who compare times. */
export function machineName(): string {
  const [first] = cpus();
  return first ? `${first.model.trim()}, ${cpus().length} cores` : 'unknown';
}
