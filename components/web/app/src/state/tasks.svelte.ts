// The task list: what was loaded, what is shown of it and in which order, and the changes that a person can make.
// A change is shown at once and taken back if the server refuses it.

import { idempotencyKey, send } from "../api/client.ts";
import { Problem } from "../api/problem.ts";
import type { Page, Task, TaskFields } from "../api/types.ts";
import { groupOf, type DueGroup } from "../format/dates.ts";
import { clock } from "./clock.svelte.ts";

export type Filter = "pending" | "completed" | "all";
export type Group = DueGroup | "done";
export interface Section {
  group: Group;
  tasks: Task[];
}

const PAGE = 100;
const QUERIES: Record<Filter, string> = {
  pending: "status=pending&status=in_progress&sort=due_date,-created_at",
  completed: "status=completed&sort=-updated_at",
  all: "sort=due_date,-created_at",
};
const GROUPS: readonly Group[] = ["overdue", "today", "upcoming", "undated", "done"];

export const isDone = (task: Task): boolean => task.status === "completed" || task.status === "cancelled";

class TaskList {
  filter = $state<Filter>("pending");
  loading = $state(true);
  failure = $state<unknown>(null);
  moreToLoad = $state(false);
  /** How many tasks the filter matches on the server, which may be more than were loaded. */
  total = $state<number | null>(null);

  #tasks = $state.raw<ReadonlyMap<string, Task>>(new Map());
  /** The version at which a task was deleted: news of an older one must not bring it back. */
  #deleted = new Map<string, number>();
  #cursor = "";
  #loads = 0;

  readonly shown = $derived([...this.#tasks.values()].filter((task) => this.#matches(task)));
  readonly sections = $derived(sectionsOf(this.shown, clock.now));

  get(id: string): Task | undefined {
    return this.#tasks.get(id);
  }

  choose(filter: Filter): Promise<void> {
    if (this.filter === filter) return Promise.resolve();
    this.filter = filter;
    this.loading = true;
    this.total = null;
    return this.load(false);
  }

  /** Loads the list anew, as far as it was loaded before. */
  async load(keepLength = true): Promise<void> {
    const load = ++this.#loads;
    const before = this.#tasks;
    const wanted = keepLength ? this.#tasks.size : 0;
    const tasks = new Map<string, Task>();
    try {
      let cursor = "";
      do {
        const page = await this.#page(cursor);
        if (load !== this.#loads) return;
        for (const task of page.items) if (!this.#isDeleted(task)) tasks.set(task.id, task);
        this.total = page.total ?? this.total;
        cursor = page.has_more ? (page.next_cursor ?? "") : "";
      } while (cursor !== "" && tasks.size < wanted);
      // What came in by other ways during the load may be newer than the answer.
      const news = [...this.#tasks.values()].filter((task) => before.get(task.id) !== task);
      for (const task of news) if (task.version >= (tasks.get(task.id)?.version ?? 0)) tasks.set(task.id, task);
      this.#tasks = tasks;
      this.#continueAt(cursor);
      this.failure = null;
    } catch (error) {
      if (load === this.#loads) this.failure = error;
    } finally {
      if (load === this.#loads) this.loading = false;
    }
  }

  async loadMore(): Promise<void> {
    const page = await this.#page(this.#cursor);
    for (const task of page.items) this.merge(task);
    this.#continueAt(page.has_more ? (page.next_cursor ?? "") : "");
  }

  async add(fields: TaskFields, key: string): Promise<Task> {
    const headers = { "idempotency-key": key };
    const { body } = await send<Task>("/tasks", { method: "POST", body: fields, headers });
    this.merge(body);
    return body;
  }

  async complete(task: Task): Promise<void> {
    await this.#optimistically({ ...task, status: "completed" }, task, async () => {
      const { body } = await send<{ task: Task; next_task?: Task | null }>(`/tasks/${task.id}/complete`, post());
      if (body.next_task) this.merge(body.next_task);
      return body.task;
    });
  }

  async reopen(task: Task): Promise<void> {
    await this.#optimistically({ ...task, status: "pending" }, task, async () => {
      const { body } = await send<{ task: Task }>(`/tasks/${task.id}/reopen`, post());
      return body.task;
    });
  }

  async delete(task: Task): Promise<void> {
    this.#remove(task.id, task.version);
    try {
      await send(`/tasks/${task.id}`, { method: "DELETE" });
    } catch (error) {
      if (error instanceof Problem && error.status === 404) return;
      this.#deleted.delete(task.id);
      this.merge(task);
      throw error;
    }
  }

  async restore(task: Task): Promise<void> {
    const { body } = await send<Task | { task: Task }>(`/tasks/${task.id}/restore`, post());
    this.#deleted.delete(task.id);
    this.merge("task" in body ? body.task : body);
  }

  /** The task as it is now, with the tag that a change has to name. */
  async read(id: string): Promise<{ task: Task; etag: string | null }> {
    const { body, etag } = await send<Task>(`/tasks/${id}`);
    this.merge(body);
    return { task: body, etag };
  }

  async update(id: string, fields: TaskFields, etag: string | null): Promise<Task> {
    const headers: Record<string, string> = etag === null ? {} : { "if-match": etag };
    const contentType = "application/merge-patch+json";
    const { body } = await send<Task>(`/tasks/${id}`, { method: "PATCH", body: fields, contentType, headers });
    this.merge(body);
    return body;
  }

  /** Takes in a newer state of a task, from whomever it comes. */
  merge(task: Task): void {
    if (task.deleted_at) return this.#remove(task.id, task.version);
    if (this.#isDeleted(task) || task.version < (this.#tasks.get(task.id)?.version ?? 0)) return;
    this.#deleted.delete(task.id);
    this.#tasks = new Map(this.#tasks).set(task.id, task);
  }

  /** Takes in that a task was changed elsewhere, where it is not known how. */
  async refresh(id: string): Promise<void> {
    try {
      await this.read(id);
    } catch (error) {
      if (error instanceof Problem && error.status === 404) this.remove(id);
    }
  }

  /** Takes in that a task was deleted elsewhere. If the same version is heard of again, it was restored. */
  remove(id: string): void {
    this.#remove(id, (this.#tasks.get(id)?.version ?? 0) - 1);
  }

  clear(): void {
    this.#loads += 1;
    this.#tasks = new Map();
    this.#deleted.clear();
    this.#continueAt("");
    this.filter = "pending";
    this.loading = true;
    this.total = null;
  }

  async #optimistically(guess: Task, before: Task, change: () => Promise<Task>): Promise<void> {
    this.merge(guess);
    try {
      this.merge(await change());
    } catch (error) {
      if (this.#tasks.get(before.id) === guess) this.merge(before);
      throw error;
    }
  }

  async #page(cursor: string): Promise<Page<Task>> {
    const from = cursor === "" ? "&count=true" : `&cursor=${encodeURIComponent(cursor)}`;
    const { body } = await send<Page<Task>>(`/tasks?limit=${PAGE}&${QUERIES[this.filter]}${from}`);
    return body;
  }

  #continueAt(cursor: string): void {
    this.#cursor = cursor;
    this.moreToLoad = cursor !== "";
  }

  #remove(id: string, version: number): void {
    this.#deleted.set(id, version);
    if (!this.#tasks.has(id)) return;
    const tasks = new Map(this.#tasks);
    tasks.delete(id);
    this.#tasks = tasks;
  }

  #isDeleted(task: Task): boolean {
    return task.version <= (this.#deleted.get(task.id) ?? -1);
  }

  #matches(task: Task): boolean {
    if (this.filter === "all") return true;
    return this.filter === "completed" ? task.status === "completed" : !isDone(task);
  }
}

const post = () => ({ method: "POST" as const, headers: { "idempotency-key": idempotencyKey() } });

function sectionsOf(tasks: Task[], now: Date): Section[] {
  const groups = new Map<Group, Task[]>();
  for (const task of tasks) {
    const group = isDone(task) ? "done" : groupOf(task.due_date, now);
    groups.set(group, [...(groups.get(group) ?? []), task]);
  }
  return GROUPS.flatMap((group) => {
    const members = groups.get(group);
    return members ? [{ group, tasks: members.sort(group === "done" ? byDone : byDue) }] : [];
  });
}

function byDue(a: Task, b: Task): number {
  return (a.due_date ?? "").localeCompare(b.due_date ?? "") || b.created_at.localeCompare(a.created_at);
}

function byDone(a: Task, b: Task): number {
  return (b.completed_at ?? b.updated_at).localeCompare(a.completed_at ?? a.updated_at);
}

export const taskList = new TaskList();
