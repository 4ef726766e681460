// The open connection to GET /updates: reads events for as long as it is wanted, and comes back after every
// interruption where it left off.

import { request } from "../api/client.ts";
import { Problem } from "../api/problem.ts";
import { EventParser, type ServerEvent } from "./parser.ts";

export interface Listener {
  /** The connection is open. What happened before the first event of a new connection has to be asked for. */
  opened(): void;
  closed(): void;
  event(event: ServerEvent): void;
}

const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;
/** The server sends a heartbeat every 15 seconds: a connection that misses three of them is taken for dead. */
const LONGEST_SILENCE = 50_000;

export class UpdateStream {
  #stopped = new AbortController();
  #wake: (() => void) | null = null;
  #lastEventId = "";
  #failures = 0;

  constructor(private readonly listener: Listener) {}

  start(): void {
    const wake = () => this.#wake?.();
    window.addEventListener("online", wake, { signal: this.#stopped.signal });
    document.addEventListener("visibilitychange", wake, { signal: this.#stopped.signal });
    void this.#run();
  }

  stop(): void {
    this.#stopped.abort();
    this.#wake?.();
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      try {
        await this.#connection();
      } catch (error) {
        // The session has ended: whoever began the stream will stop it.
        if (error instanceof Problem && (error.status === 401 || error.status === 403)) return;
      }
      if (this.#stopped.signal.aborted) return;
      this.listener.closed();
      await this.#pause();
    }
  }

  async #connection(): Promise<void> {
    const connection = new AbortController();
    const signal = AbortSignal.any([connection.signal, this.#stopped.signal]);
    const headers: Record<string, string> = { accept: "text/event-stream" };
    if (this.#lastEventId !== "") headers["last-event-id"] = this.#lastEventId;
    let silence = setTimeout(() => connection.abort(), LONGEST_SILENCE);
    try {
      const response = await request("/updates", { headers, signal });
      if (!response.body) return;
      this.listener.opened();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      const parser = new EventParser(this.#lastEventId);
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        clearTimeout(silence);
        silence = setTimeout(() => connection.abort(), LONGEST_SILENCE);
        this.#failures = 0;
        for (const event of parser.push(value)) {
          this.listener.event(event);
          // Only after it was handled: an event that made the page fail is sent again.
          this.#lastEventId = event.id;
        }
      }
    } finally {
      clearTimeout(silence);
      connection.abort();
    }
  }

  /** Waits longer after each failure, and never as long as another browser: all of them lost the server at once. */
  async #pause(): Promise<void> {
    const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#failures);
    this.#failures += 1;
    const wait = longest / 2 + Math.random() * (longest / 2);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, wait);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = null;
  }
}
