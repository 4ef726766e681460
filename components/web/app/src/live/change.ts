// What a `task.sync` event says.

import type { Task } from "../api/types.ts";

export interface Change {
  id: string;
  task: Task | null;
  deleted: boolean;
}

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null;

/** The data of a `task.sync`: the task, or its id alone, bare or inside a CloudEvent. */
export function readChange(text: string): Change | null {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return null;
  }
  if (isFields(data) && "specversion" in data) data = data["data"];
  if (!isFields(data)) return null;
  const task = [data["task"], data].find(isTask) ?? null;
  const id = task?.id ?? data["task_id"] ?? data["id"];
  if (typeof id !== "string") return null;
  const action = data["action"] ?? data["change"];
  const deleted = (typeof action === "string" && /(^|\.)deleted$/.test(action)) || Boolean(task?.deleted_at);
  return { id, task, deleted };
}

function isTask(value: unknown): value is Task {
  return isFields(value) && typeof value["id"] === "string" && typeof value["title"] === "string" && typeof value["version"] === "number";
}
