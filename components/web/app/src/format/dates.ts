// Due dates and times as a person in this time zone reads them. Everything takes the present moment as an argument.

const DAY = 86_400_000;
const TIME_IN_TEXT = /\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})/g;
const DATE_ONLY = /^\d{4}-\d{2}-\d{2}$/;

export type DueGroup = "overdue" | "today" | "upcoming" | "undated";

export interface Due {
  label: string;
  /** The whole date, for a tooltip. */
  full: string;
  group: DueGroup;
}

export const timeZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

export function isDateOnly(due: string): boolean {
  return DATE_ONLY.test(due);
}

/** The moment of a due date; a day without a time begins at midnight here, not in Greenwich. */
export function moment(due: string): Date {
  return new Date(isDateOnly(due) ? `${due}T00:00:00` : due);
}

export function describeDue(due: string, now: Date): Due {
  const at = moment(due);
  const wholeDay = isDateOnly(due);
  const days = daysBetween(now, at);
  const late = wholeDay ? days < 0 : at.getTime() < now.getTime();
  const time = wholeDay ? "" : `, ${format(at, { hour: "numeric", minute: "2-digit" })}`;
  const full = format(at, wholeDay ? { dateStyle: "full" } : { dateStyle: "full", timeStyle: "short" });
  return { label: day(at, days, now) + time, full, group: late ? "overdue" : days === 0 ? "today" : "upcoming" };
}

/** Where the due date puts a task in the list. */
export function groupOf(due: string | null | undefined, now: Date): DueGroup {
  return due ? describeDue(due, now).group : "undated";
}

/** Text with the times in it as they are here: "due 2026-11-19T22:14:56Z" becomes "due Yesterday, 23:14". */
export function withLocalTimes(text: string, now: Date): string {
  return text.replace(TIME_IN_TEXT, (time) => (Number.isNaN(Date.parse(time)) ? time : describeDue(time, now).label));
}

/** When something happened: "just now", "5 min ago", "14:05", "Yesterday", "3 Nov". */
export function describePast(iso: string, now: Date): string {
  const at = new Date(iso);
  const minutes = Math.floor((now.getTime() - at.getTime()) / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  const days = daysBetween(now, at);
  return days === 0 ? format(at, { hour: "numeric", minute: "2-digit" }) : day(at, days, now);
}

/** The value of `<input type="date">` for a moment. */
export function dateInput(at: Date): string {
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** The value of `<input type="time">` for a moment. */
export function timeInput(at: Date): string {
  return `${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** A due date from the two inputs: null, a day, or a time in UTC. */
export function dueFromInputs(date: string, time: string): string | null {
  if (date === "") return null;
  return time === "" ? date : utc(new Date(`${date}T${time}`));
}

export function utc(at: Date): string {
  return at.toISOString().replace(/\.\d{3}Z$/, "Z");
}

function day(at: Date, days: number, now: Date): string {
  if (days === 0) return "Today";
  if (days === 1) return "Tomorrow";
  if (days === -1) return "Yesterday";
  if (days > 1 && days < 7) return format(at, { weekday: "long" });
  const year = at.getFullYear() === now.getFullYear() ? {} : ({ year: "numeric" } as const);
  return format(at, { day: "numeric", month: "short", ...year });
}

/** Whole days on the calendar. Rounded, because a day of a clock change has 23 or 25 hours. */
function daysBetween(from: Date, to: Date): number {
  const midnight = (at: Date) => new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
  return Math.round((midnight(to) - midnight(from)) / DAY);
}

function format(at: Date, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(undefined, options).format(at);
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
