/** How a style's rule fares beyond what it was trained for. */
import { styleHealth } from '../style-health.ts';
import type { HandlersOf, Session } from './session.ts';

export function healthHandlers(session: Session): HandlersOf<'rule.health'> {
  return {
    'rule.health'({ style }, { signal }) {
      const { implementation } = session.engine();
      const { spec, w0, b0, w1 } = style;
      return styleHealth(spec, { count: 1, w0, b0, w1 }, { implementation, signal });
    },
  };
}
