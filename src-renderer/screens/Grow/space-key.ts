/**
 * Space has two meanings on a canvas: tapped, it plays or pauses; held while dragging, it moves the view. So it counts
 * when it is let go, and only if nothing was dragged meanwhile. On buttons and in fields it keeps its own meaning.
 */
export interface SpaceOptions {
  readonly onChange: (isHeld: boolean) => void;
  readonly onTap: () => void;
}

export interface SpaceKey {
  /** It was used for moving: letting go does nothing more. */
  use(): void;
  end(): void;
}

const ownMeaning = 'button, input, select, textarea, a[href], summary, [role="menuitem"], dialog *';

export function holdSpace({ onChange, onTap }: SpaceOptions): SpaceKey {
  let isHeld = false;
  let isUsed = false;
  const cleanUp = new AbortController();
  const { signal } = cleanUp;
  const release = (): void => {
    isHeld = false;
    onChange(false);
  };
  const down = (event: KeyboardEvent): void => {
    if (event.key !== ' ' || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof Element && event.target.closest(ownMeaning) !== null) return;
    event.preventDefault();
    // The shell's keys would run the command at once.
    event.stopPropagation();
    if (isHeld) return;
    isHeld = true;
    isUsed = false;
    onChange(true);
  };
  const up = (event: KeyboardEvent): void => {
    if (event.key !== ' ' || !isHeld) return;
    event.preventDefault();
    release();
    if (!isUsed) onTap();
  };
  addEventListener('keydown', down, { signal, capture: true });
  addEventListener('keyup', up, { signal, capture: true });
  addEventListener('blur', () => isHeld && release(), { signal });
  return {
    use() {
      isUsed = true;
    },
    end: () => cleanUp.abort(),
  };
}
