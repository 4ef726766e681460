// The conversation with the assistant, and those that were held before.

import { idempotencyKey, send } from "../api/client.ts";
import { explain } from "../api/problem.ts";
import type { ChatAnswer, Conversation, Page, PendingConfirmation, StoredMessage, ToolCall } from "../api/types.ts";
import { timeZone } from "../format/dates.ts";
import { taskList } from "./tasks.svelte.ts";
import { announcer } from "./toasts.svelte.ts";

export interface Choice {
  label: string;
  answer: string;
}

export interface Entry {
  id: string;
  from: "person" | "assistant";
  text: string;
  toolCalls: ToolCall[];
  /** What may be said to the question of the assistant, if it asks one. */
  choices: Choice[];
  /** Why the message did not reach the assistant. */
  failure: string;
}

const STORED_AS = "todo-chatbot.conversation";
/** Tools after which the list cannot be otherwise than before. */
const READ_ONLY = new Set(["list_tasks", "search_tasks", "get_stats"]);

class Chat {
  entries = $state<Entry[]>([]);
  waiting = $state(false);
  loading = $state(false);
  conversations = $state.raw<readonly Conversation[]>([]);
  conversationId = $state<string | null>(null);

  /** Takes up the conversation that was open before the page was loaded again. */
  async resume(): Promise<void> {
    const id = sessionStorage.getItem(STORED_AS);
    if (id !== null) await this.open(id).catch(() => this.startNew());
  }

  startNew(): void {
    this.entries = [];
    this.#remember(null);
  }

  async open(id: string): Promise<void> {
    this.loading = true;
    try {
      const messages = await this.#messages(id);
      this.#remember(id);
      this.entries = messages.map((message) => ({
        id: message.id,
        from: message.role === "user" ? "person" : "assistant",
        text: message.content,
        toolCalls: message.tool_calls ?? [],
        choices: [],
        failure: "",
      }));
    } finally {
      this.loading = false;
    }
  }

  async say(text: string): Promise<void> {
    await this.#ask({ ...blank(), from: "person", text }, idempotencyKey());
  }

  async retry(entry: Entry): Promise<void> {
    this.entries = this.entries.filter((other) => other.id !== entry.id);
    // The same key: if the first attempt did arrive, its answer comes back and nothing is done twice.
    await this.#ask({ ...entry, failure: "" }, entry.id);
  }

  async loadConversations(): Promise<void> {
    const { body } = await send<Page<Conversation>>("/conversations?limit=50");
    this.conversations = body.items;
  }

  async deleteConversation(id: string): Promise<void> {
    await send(`/conversations/${id}`, { method: "DELETE" });
    this.conversations = this.conversations.filter((conversation) => conversation.id !== id);
    if (this.conversationId === id) this.startNew();
  }

  clear(): void {
    this.startNew();
    this.conversations = [];
  }

  async #ask(question: Entry, key: string): Promise<void> {
    const asked = this.conversationId;
    this.waiting = true;
    this.entries = [...this.entries.map((entry) => ({ ...entry, choices: [] })), { ...question, id: key }];
    const body = { message: question.text, timezone: timeZone(), ...(asked ? { conversation_id: asked } : {}) };
    const headers = { "idempotency-key": key };
    try {
      const { body: answer } = await send<ChatAnswer>("/chat", { method: "POST", body, headers });
      if (this.conversationId !== asked) return;
      this.#take(answer);
    } catch (error) {
      this.entries = this.entries.map((entry) => (entry.id === key ? { ...entry, failure: explain(error) } : entry));
      announcer.say(explain(error));
    } finally {
      this.waiting = false;
    }
  }

  #take(answer: ChatAnswer): void {
    const toolCalls = answer.tool_calls ?? [];
    const choices = choicesOf(answer.pending_confirmation);
    this.entries = [...this.entries, { ...blank(), text: answer.response, toolCalls, choices }];
    this.#remember(answer.conversation_id);
    // The live updates say the same, but the connection for them may be down.
    if (toolCalls.some((call) => !READ_ONLY.has(call.tool))) void taskList.load();
  }

  async #messages(id: string): Promise<StoredMessage[]> {
    const messages: StoredMessage[] = [];
    let cursor = "";
    do {
      const from = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const { body } = await send<Page<StoredMessage>>(`/conversations/${id}/messages?limit=100${from}`);
      messages.push(...body.items);
      cursor = body.has_more ? (body.next_cursor ?? "") : "";
    } while (cursor !== "");
    return messages.sort((a, b) => a.created_at.localeCompare(b.created_at));
  }

  #remember(id: string | null): void {
    this.conversationId = id;
    if (id === null) sessionStorage.removeItem(STORED_AS);
    else sessionStorage.setItem(STORED_AS, id);
  }
}

function blank(): Entry {
  return { id: idempotencyKey(), from: "assistant", text: "", toolCalls: [], choices: [], failure: "" };
}

function choicesOf(pending: PendingConfirmation | null | undefined): Choice[] {
  if (!pending) return [];
  if (pending.kind === "choose") return (pending.candidates ?? []).map((number) => ({ label: `#${number}`, answer: String(number) }));
  return [
    { label: "Yes", answer: "yes" },
    { label: "No", answer: "no" },
  ];
}

export const chat = new Chat();
