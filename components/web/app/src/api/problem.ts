// Errors of the API (RFC 9457) as something that can be shown to a person.

interface ProblemBody {
  title?: unknown;
  detail?: unknown;
  code?: unknown;
  errors?: unknown;
}

/** A request that did not succeed. `status` is 0 where no answer came at all. */
export class Problem extends Error {
  override readonly name = "Problem";

  constructor(
    readonly status: number,
    message: string,
    readonly code: string,
    /** Messages by the name of the field that they are about. */
    readonly fields: Readonly<Record<string, string>>,
  ) {
    super(message);
  }

  /** True where the same request may well succeed a little later. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export function unreachable(): Problem {
  return new Problem(0, "The server cannot be reached. Check your connection and try again.", "unreachable", {});
}

export async function problemOf(response: Response): Promise<Problem> {
  const body = await readBody(response);
  const fields = fieldMessages(body.errors);
  const code = typeof body.code === "string" ? body.code : "";
  return new Problem(response.status, message(response, body), code, fields);
}

/** What to tell a person about anything that was thrown. */
export function explain(error: unknown): string {
  return error instanceof Problem ? error.message : "Something went wrong in this page. Load it again and retry.";
}

async function readBody(response: Response): Promise<ProblemBody> {
  try {
    const body: unknown = await response.json();
    return typeof body === "object" && body !== null ? body : {};
  } catch {
    return {};
  }
}

function message(response: Response, body: ProblemBody): string {
  if (response.status === 429) return tooMany(response.headers.get("retry-after"));
  if (response.status >= 500) return "The server had a problem. Try again in a moment.";
  const text = [body.detail, body.title].find((part) => typeof part === "string" && part !== "");
  return typeof text === "string" ? sentence(text) : `The server refused this (${response.status}).`;
}

function tooMany(retryAfter: string | null): string {
  const seconds = Number(retryAfter);
  const when = seconds > 0 ? `in ${Math.ceil(seconds)} second${seconds > 1 ? "s" : ""}` : "in a moment";
  return `That was a little too fast. Try again ${when}.`;
}

function fieldMessages(errors: unknown): Record<string, string> {
  const messages: Record<string, string> = {};
  if (!Array.isArray(errors)) return messages;
  for (const error of errors as { field?: unknown; message?: unknown }[]) {
    if (typeof error?.field !== "string" || typeof error.message !== "string") continue;
    // `/due_date`, `reminders[0].at` and `reminders.0` all belong beside the field that the form shows.
    const field = error.field.replace(/^\//, "").split(/[./[]/)[0] ?? "";
    messages[field] ??= sentence(error.message);
  }
  return messages;
}

function sentence(text: string): string {
  const trimmed = text.trim();
  const capital = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?…]$/.test(capital) ? capital : `${capital}.`;
}
