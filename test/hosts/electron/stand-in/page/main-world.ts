/**
 * The page's side of `contextBridge`: makes what a preload script exposes a property of `window`, whose functions call
 * across to the preload's world. Worlds share no values, but a DOM event is heard in both, at once, and its detail cloned.
 */
interface Shape {
  readonly kind: 'function' | 'object' | 'value';
  readonly members?: Readonly<Record<string, Shape>>;
  readonly value?: unknown;
}

const mainPage = globalThis as unknown as {
  readonly document: EventTarget;
  readonly CustomEvent: new (name: string, init: { detail: unknown }) => Event & { readonly detail: unknown };
};

function callAcross(path: readonly string[], args: readonly unknown[]): unknown {
  let answer: { value?: unknown; failure?: string } = { failure: 'the preload script is gone' };
  const hear = (event: Event): void => {
    answer = (event as Event & { readonly detail: typeof answer }).detail;
  };
  mainPage.document.addEventListener('stand-in:answer', hear, { once: true });
  mainPage.document.dispatchEvent(new mainPage.CustomEvent('stand-in:call', { detail: { path, args } }));
  mainPage.document.removeEventListener('stand-in:answer', hear);
  if (answer.failure !== undefined) throw new Error(answer.failure);
  return answer.value;
}

function built({ kind, members = {}, value }: Shape, path: readonly string[]): unknown {
  if (kind === 'function') return (...args: unknown[]) => callAcross(path, args);
  if (kind === 'value') return value;
  const entries = Object.entries(members).map(([name, member]) => [name, built(member, [...path, name])]);
  return Object.freeze(Object.fromEntries(entries));
}

mainPage.document.addEventListener('stand-in:expose', (event) => {
  const { key, shape } = (event as Event & { readonly detail: { key: string; shape: Shape } }).detail;
  Object.defineProperty(globalThis, key, { value: built(shape, [key]), enumerable: true });
});
