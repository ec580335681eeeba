/**
 * The page's side of `contextBridge`: makes what a preload script exposes a property of `window`, whose functions call
 * across to the preload's world. Worlds share no values, but a DOM event is heard in both, at once, and its detail cloned.
 * And what would open a window asks the program, and opens none.
 */
interface Shape {
  readonly kind: 'function' | 'object' | 'value';
  readonly members?: Readonly<Record<string, Shape>>;
  readonly value?: unknown;
}

const mainPage = globalThis as unknown as {
  readonly location: { readonly href: string };
  open: (address?: string) => null;
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

function openWindow(address: string): void {
  const url = new URL(address, mainPage.location.href).href;
  mainPage.document.dispatchEvent(new mainPage.CustomEvent('stand-in:open', { detail: url }));
}

mainPage.open = (address = 'about:blank') => {
  openWindow(address);
  return null;
};
mainPage.document.addEventListener('click', (event) => {
  const [link] = event.composedPath().flatMap((element) => {
    const { localName, target, href } = element as unknown as Record<string, string>;
    return localName === 'a' && target === '_blank' ? [href] : [];
  });
  if (link === undefined) return;
  event.preventDefault();
  openWindow(link);
});
