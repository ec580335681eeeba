/**
 * How the stand-in is held to Electron's own types: each part says which members it has (`implements Like<…>`, `satisfies
 * Like<…>`), and one whose signature is not Electron's fails the type check. Methods of events are left out: there they
 * return Electron's whole classes.
 */
import type Electron from 'electron';

type OfEvents = 'on' | 'off' | 'once' | 'addListener' | 'removeListener';

/** Members `K` of `T`, as Electron declares them. */
export type Like<T, K extends Exclude<keyof T, OfEvents>> = Pick<T, K>;

/** What a listener gets whose event can be prevented. */
export class StandInEvent implements Electron.Event {
  defaultPrevented = false;
  preventDefault = (): void => {
    this.defaultPrevented = true;
  };
}

/** An event with more about it. */
export function eventWith<P extends object>(about: P): StandInEvent & P {
  return Object.assign(new StandInEvent(), about);
}
