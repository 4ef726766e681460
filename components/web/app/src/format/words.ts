// Recurrence rules, reminders and tool calls in words.

import type { Priority, Reminder, ToolCall } from "../api/types.ts";

const UNITS: Record<string, string> = { s: "second", m: "minute", h: "hour", d: "day", w: "week" };
const FREQUENCIES: Record<string, string> = { DAILY: "day", WEEKLY: "week", MONTHLY: "month", YEARLY: "year" };
const NAMED: Record<string, string> = { daily: "Every day", weekly: "Every week", monthly: "Every month", yearly: "Every year" };
const WEEKDAYS: Record<string, string> = { MO: "Mon", TU: "Tue", WE: "Wed", TH: "Thu", FR: "Fri", SA: "Sat", SU: "Sun" };

export const PRIORITY_WORDS: Record<Priority, string> = { low: "Low", medium: "Medium", high: "High", urgent: "Urgent" };

export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

export function describeRecurrence(rule: string): string {
  const named = NAMED[rule];
  if (named) return named;
  const parts = new Map(rule.replace(/^RRULE:/i, "").split(";").map((part) => part.split("=") as [string, string]));
  const unit = FREQUENCIES[parts.get("FREQ") ?? ""];
  if (!unit) return "Repeats";
  const interval = Number(parts.get("INTERVAL") ?? 1);
  const every = interval > 1 ? `Every ${interval} ${unit}s` : `Every ${unit}`;
  const days = (parts.get("BYDAY") ?? "").split(",").map((day) => WEEKDAYS[day]).filter(Boolean);
  const times = parts.get("COUNT");
  return every + (days.length > 0 ? ` on ${days.join(", ")}` : "") + (times ? `, ${times} times` : "");
}

export function describeReminder(reminder: Reminder): string {
  if (reminder.at !== undefined) {
    const at = new Date(reminder.at);
    return new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(at);
  }
  const [, amount, unit] = /^(\d+)([smhdw])$/.exec(reminder.before ?? "") ?? [];
  const noun = UNITS[unit ?? ""];
  if (!noun || amount === undefined) return `${reminder.before} before`;
  return amount === "0" ? "When it is due" : `${counted(Number(amount), noun)} before`;
}

interface Toolwords {
  done: string;
  failed: string;
  icon: "plus" | "list" | "check" | "trash" | "pencil" | "search" | "bell" | "chart" | "spark";
}

const TOOLS: Record<string, Toolwords> = {
  add_task: { done: "Task added", failed: "Task not added", icon: "plus" },
  list_tasks: { done: "Tasks listed", failed: "Tasks not listed", icon: "list" },
  complete_task: { done: "Task completed", failed: "Task not completed", icon: "check" },
  delete_task: { done: "Task deleted", failed: "Task not deleted", icon: "trash" },
  update_task: { done: "Task changed", failed: "Task not changed", icon: "pencil" },
  search_tasks: { done: "Tasks searched", failed: "Search failed", icon: "search" },
  set_reminder: { done: "Reminder set", failed: "Reminder not set", icon: "bell" },
  get_stats: { done: "Tasks counted", failed: "Tasks not counted", icon: "chart" },
  get_task: { done: "Task shown", failed: "Task not shown", icon: "list" },
  bulk_tasks: { done: "Tasks changed", failed: "Tasks not changed", icon: "pencil" },
  undo: { done: "Last change undone", failed: "Nothing undone", icon: "spark" },
};

export interface ToolSummary {
  heading: string;
  icon: Toolwords["icon"];
  failed: boolean;
  /** What the tool worked on, one line each. */
  lines: string[];
  /** How many more lines there would be. */
  more: number;
}

const MOST_LINES = 5;

export function describeToolCall(call: ToolCall): ToolSummary {
  const failed = call.status === "error" || call.status === "failed";
  const words = TOOLS[call.tool] ?? { done: call.tool, failed: `${call.tool} failed`, icon: "spark" as const };
  const lines = failed ? [errorText(call.result)] : resultLines(call);
  return {
    heading: failed ? words.failed : isFields(call.result) && call.result["changed"] === false ? "Nothing to change" : words.done,
    icon: words.icon,
    failed,
    lines: lines.slice(0, MOST_LINES),
    more: Math.max(0, lines.length - MOST_LINES),
  };
}

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);

function resultLines(call: ToolCall): string[] {
  const found = tasksIn(call.result);
  if (found) return found.length === 0 ? ["Nothing found"] : found.map(taskLine);
  if (isFields(call.result) && typeof call.result["title"] === "string") return [taskLine(call.result)];
  if (isFields(call.result)) {
    const counts = Object.entries(call.result).filter(([, value]) => typeof value === "number");
    return counts.map(([name, value]) => `${name.replaceAll("_", " ")}: ${String(value)}`);
  }
  return isFields(call.arguments) && typeof call.arguments["title"] === "string" ? [call.arguments["title"]] : [];
}

function tasksIn(result: unknown): Fields[] | null {
  if (Array.isArray(result)) return result.filter(isFields);
  if (!isFields(result)) return null;
  const list = result["tasks"] ?? result["items"];
  return Array.isArray(list) ? list.filter(isFields) : null;
}

function taskLine(task: Fields): string {
  const number = task["number"] ?? task["task_id"];
  const title = typeof task["title"] === "string" ? task["title"] : "";
  return typeof number === "number" ? `#${number} ${title}` : title;
}

function errorText(result: unknown): string {
  if (typeof result === "string") return result;
  if (!isFields(result)) return "It did not work.";
  const text = result["error"] ?? result["detail"] ?? result["message"];
  if (isFields(text) && typeof text["message"] === "string") return text["message"];
  return typeof text === "string" ? text : "It did not work.";
}
