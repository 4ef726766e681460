// What happens elsewhere, brought into the page: tasks that another browser, the assistant or a recurrence changed,
// and notifications.

import { notifications } from "../state/notifications.svelte.ts";
import { taskList } from "../state/tasks.svelte.ts";
import { readChange } from "./change.ts";
import type { ServerEvent } from "./parser.ts";
import { UpdateStream } from "./stream.ts";

class Updates {
  live = $state(false);
  #stream: UpdateStream | null = null;

  start(): void {
    this.#stream = new UpdateStream({
      opened: () => {
        this.live = true;
        // What happened while nobody listened.
        void taskList.load();
        void notifications.load();
      },
      closed: () => (this.live = false),
      event: (event) => take(event),
    });
    this.#stream.start();
  }

  stop(): void {
    this.#stream?.stop();
    this.#stream = null;
    this.live = false;
  }
}

function take(event: ServerEvent): void {
  if (event.name === "notification.created") void notifications.load(true);
  if (event.name !== "task.sync") return;
  const change = readChange(event.data);
  if (!change) void taskList.load();
  else if (change.deleted) taskList.remove(change.id);
  else if (change.task) taskList.merge(change.task);
  else void taskList.refresh(change.id);
}

export const updates = new Updates();
