// The wire format of server-sent events, as the HTML standard defines it. The browser's own EventSource cannot send
// an Authorization header, so the stream is read with fetch and taken apart here.

export interface ServerEvent {
  name: string;
  data: string;
  /** The last id that was seen, in this event or before it. */
  id: string;
}

/** Takes text as it arrives, in pieces of any size, and answers with the events that it completes. */
export class EventParser {
  #rest = "";
  #name = "";
  #data: string[] = [];

  constructor(private id = "") {}

  push(text: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    this.#rest += text;
    for (;;) {
      // A carriage return at the very end may be half of a line break: wait for what follows.
      const end = /\r\n|\n|\r(?=[^])/.exec(this.#rest);
      if (end === null) return events;
      const line = this.#rest.slice(0, end.index);
      this.#rest = this.#rest.slice(end.index + end[0].length);
      const event = this.#line(line);
      if (event) events.push(event);
    }
  }

  #line(line: string): ServerEvent | null {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#name = value;
    else if (field === "data") this.#data.push(value);
    else if (field === "id" && !value.includes("\0")) this.id = value;
    return null;
  }

  #dispatch(): ServerEvent | null {
    const event = { name: this.#name || "message", data: this.#data.join("\n"), id: this.id };
    const filled = this.#data.length > 0;
    this.#name = "";
    this.#data = [];
    return filled ? event : null;
  }
}
