/** How often Linux ended a process because memory ran out: a process that is killed so cannot tell. */
import { readFileSync } from 'node:fs';

const COUNTERS = ['/proc/vmstat', '/sys/fs/cgroup/memory.events'];

/** Of the machine and of this container together; 0 on other systems. Only its growth means anything. */
export function countOomKills(): number {
  let kills = 0;
  for (const path of COUNTERS) {
    try {
      kills += Number(/^oom_kill (\d+)$/m.exec(readFileSync(path, 'utf8'))?.[1] ?? 0);
    } catch {
      // Another system, or a container that does not show it.
    }
  }
  return kills;
}
