// What the server had to tell: due reminders, and which of them were read.

import { send } from "../api/client.ts";
import type { Notification, Page } from "../api/types.ts";
import { toasts } from "./toasts.svelte.ts";

class Notifications {
  items = $state.raw<readonly Notification[]>([]);
  loading = $state(true);
  failure = $state<unknown>(null);
  readonly unread = $derived(this.items.filter((item) => !item.read_at).length);

  #loads = 0;

  /** With `tell`, those that were not known before are shown as they come in. */
  async load(tell = false): Promise<void> {
    const load = ++this.#loads;
    try {
      const { body } = await send<Page<Notification>>("/notifications?limit=50");
      if (load !== this.#loads) return;
      const known = new Set(this.items.map((item) => item.id));
      this.items = [...body.items].sort((a, b) => b.created_at.localeCompare(a.created_at));
      this.failure = null;
      const fresh = this.items.filter((item) => !item.read_at && !known.has(item.id));
      if (tell) for (const item of fresh.reverse()) toasts.show(item.message || item.title, "bell");
    } catch (error) {
      if (load === this.#loads) this.failure = error;
    } finally {
      if (load === this.#loads) this.loading = false;
    }
  }

  async markRead(id: string): Promise<void> {
    const before = this.items;
    this.items = before.map((item) => (item.id === id ? { ...item, read_at: new Date().toISOString() } : item));
    try {
      await send(`/notifications/${id}`, { method: "PATCH", body: { read: true } });
    } catch (error) {
      this.items = before;
      throw error;
    }
  }

  async markAllRead(): Promise<void> {
    await send("/notifications/read-all", { method: "POST" });
    await this.load();
  }

  clear(): void {
    this.#loads += 1;
    this.items = [];
    this.loading = true;
  }
}

export const notifications = new Notifications();
