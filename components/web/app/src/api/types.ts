// What the REST API sends and takes, as far as the screens use it.

export type Status = "pending" | "in_progress" | "completed" | "cancelled";
export type Priority = "low" | "medium" | "high" | "urgent";

export type Reminder = { at: string; before?: never } | { before: string; at?: never };

export interface Task {
  id: string;
  number: number;
  title: string;
  description?: string | null;
  status: Status;
  priority: Priority;
  tags: string[];
  /** A time (`2026-11-20T09:00:00Z`), or a day without one (`2026-11-20`). */
  due_date?: string | null;
  timezone?: string | null;
  reminders?: Reminder[];
  recurrence_rule?: string | null;
  created_at: string;
  updated_at: string;
  completed_at?: string | null;
  deleted_at?: string | null;
  version: number;
}

/** What may be sent to create or change a task; null clears a field. */
export interface TaskFields {
  title?: string;
  description?: string | null;
  priority?: Priority;
  tags?: string[];
  due_date?: string | null;
  timezone?: string | null;
  reminders?: Reminder[];
  recurrence_rule?: string | null;
}

export interface Page<Item> {
  items: Item[];
  next_cursor?: string | null;
  has_more: boolean;
  total?: number;
}

export interface User {
  id: string;
  email: string;
  name?: string | null;
}

export interface SessionGrant {
  access_token: string;
  refresh_token: string;
  expires_in: number;
  user: User;
}

export interface ToolCall {
  tool: string;
  arguments?: unknown;
  result?: unknown;
  status?: string;
}

/** A question of the assistant: whether to make some calls, or which task a call is about. */
export interface PendingConfirmation {
  kind?: "confirm" | "choose";
  candidates?: number[];
}

export interface ChatAnswer {
  conversation_id: string;
  response: string;
  tool_calls?: ToolCall[];
  intent?: string;
  provider?: string;
  pending_confirmation?: PendingConfirmation | null;
}

export interface Conversation {
  id: string;
  title?: string | null;
  created_at: string;
  updated_at?: string | null;
}

export interface StoredMessage {
  id: string;
  role: string;
  content: string;
  tool_calls?: ToolCall[] | null;
  created_at: string;
}

export interface Notification {
  id: string;
  type: string;
  title: string;
  message?: string | null;
  task_id?: string | null;
  created_at: string;
  read_at?: string | null;
}
