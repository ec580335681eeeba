/** Short messages at the edge of the window. They never take the focus and never block. */
export interface Toast {
  readonly id: number;
  readonly kind: 'info' | 'good' | 'bad';
  readonly message: string;
  /** Of messages about the same, the newest takes the place of the others. */
  readonly topic: string | null;
  readonly action: { readonly label: string; readonly run: () => void } | null;
}

const shownMs = 6000;
const shownWithActionMs = 12_000;
const most = 4;

class Toasts {
  list: readonly Toast[] = $state.raw([]);
  #next = 1;

  show(
    message: string,
    { kind = 'info', action = null, topic = null }: Partial<Pick<Toast, 'kind' | 'action' | 'topic'>> = {},
  ): void {
    if (this.list.some((toast) => toast.message === message && toast.kind === kind)) return;
    const toast: Toast = { id: this.#next++, kind, message, action, topic };
    const others = this.list.filter((other) => topic === null || other.topic !== topic);
    this.list = [...others.slice(1 - most), toast];
    // What went wrong stays until it is closed.
    if (kind !== 'bad')
      setTimeout(() => this.dismiss(toast.id), action === null ? shownMs : shownWithActionMs);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
