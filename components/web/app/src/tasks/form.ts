// What the editor holds of a task, and what of it was changed.

import type { Priority, Reminder, Task, TaskFields } from "../api/types.ts";
import { dateInput, dueFromInputs, isDateOnly, moment, timeInput, timeZone } from "../format/dates.ts";

export interface TaskForm {
  title: string;
  description: string;
  date: string;
  time: string;
  priority: Priority;
  tags: string;
  reminders: Reminder[];
  recurrence: string;
}

export function formOf(task: Task): TaskForm {
  const due = task.due_date ? moment(task.due_date) : null;
  return {
    title: task.title,
    description: task.description ?? "",
    date: due ? dateInput(due) : "",
    time: due && !isDateOnly(task.due_date ?? "") ? timeInput(due) : "",
    priority: task.priority,
    tags: task.tags.join(", "),
    reminders: (task.reminders ?? []).map(bare),
    recurrence: task.recurrence_rule ?? "",
  };
}

/** The fields that differ between the form as it was opened and as it is now. */
export function changes(before: TaskForm, after: TaskForm): TaskFields {
  const fields: TaskFields = {};
  if (after.title.trim() !== before.title) fields.title = after.title.trim();
  if (after.description !== before.description) fields.description = after.description.trim() || null;
  if (after.priority !== before.priority) fields.priority = after.priority;
  if (after.tags !== before.tags) fields.tags = splitTags(after.tags);
  if (after.date !== before.date || after.time !== before.time) {
    fields.due_date = dueFromInputs(after.date, after.time);
    if (fields.due_date !== null) fields.timezone = timeZone();
  }
  if (JSON.stringify(after.reminders) !== JSON.stringify(before.reminders)) fields.reminders = after.reminders;
  if (after.recurrence !== before.recurrence) fields.recurrence_rule = after.recurrence.trim() || null;
  return fields;
}

export function splitTags(text: string): string[] {
  const tags = text.split(",").map((tag) => tag.trim().replace(/^#/, ""));
  return [...new Set(tags.filter((tag) => tag !== ""))];
}

/** Without what the server adds for its own use, which it would refuse to take back. */
function bare(reminder: Reminder): Reminder {
  return reminder.before !== undefined ? { before: reminder.before } : { at: reminder.at };
}
