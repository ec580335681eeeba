/**
 * Everything that can be done now, by name: the palette lists it, the keys run it, the shortcuts list explains it.
 * Each screen hands in its own commands while it is shown.
 */
import { untrack } from 'svelte';

export interface Command {
  readonly id: string;
  readonly title: string;
  /** "Gallery", "Grow", …: what it belongs to. */
  readonly section: string;
  /** `Mod+K`, `Shift+D`, `?`, `Space`; Mod is Ctrl, or ⌘ on a Mac. Keys without Mod are dead while text is typed. */
  readonly keys?: readonly string[];
  readonly isEnabled?: () => boolean;
  readonly run: () => void;
}

class Commands {
  #sources: readonly (() => readonly Command[])[] = $state.raw([]);
  all: readonly Command[] = $derived(this.#sources.flatMap((source) => source()));

  /** To be called while a component is set up, in an effect: `$effect(() => commands.add(() => […]))`. */
  add(source: () => readonly Command[]): () => void {
    // The effect that adds must not depend on what others added.
    untrack(() => (this.#sources = [...this.#sources, source]));
    return () => {
      untrack(() => (this.#sources = this.#sources.filter((other) => other !== source)));
    };
  }
}

export const commands = new Commands();
