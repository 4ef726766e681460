// Short messages at the edge of the page, each perhaps with something to undo, and what a screen reader is told.

import { explain } from "../api/problem.ts";

export interface Toast {
  id: number;
  text: string;
  tone: "plain" | "bad" | "bell";
  action: { label: string; run: () => void } | null;
}

const SHOWN_FOR = 8000;
const MOST = 3;

class Toasts {
  shown = $state.raw<readonly Toast[]>([]);
  #next = 1;
  #timers = new Map<number, ReturnType<typeof setTimeout>>();

  show(text: string, tone: Toast["tone"] = "plain", action: Toast["action"] = null): void {
    const toast = { id: this.#next++, text, tone, action };
    const dropped = this.shown.length < MOST ? undefined : this.shown[0];
    if (dropped) this.dismiss(dropped.id);
    this.shown = [...this.shown, toast];
    this.resume(toast.id);
    announcer.say(text);
  }

  failure(error: unknown): void {
    this.show(explain(error), "bad");
  }

  dismiss(id: number): void {
    this.hold(id);
    this.shown = this.shown.filter((toast) => toast.id !== id);
  }

  /** Keeps a toast for as long as someone is at it. */
  hold(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  resume(id: number): void {
    this.hold(id);
    this.#timers.set(id, setTimeout(() => this.dismiss(id), SHOWN_FOR));
  }
}

class Announcer {
  text = $state("");
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** The region is emptied first: the same sentence twice would not be a change, and not be read. */
  say(text: string): void {
    this.text = "";
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.text = text), 60);
  }
}

export const announcer = new Announcer();
export const toasts = new Toasts();
