// The description of the API: fetched, and read as far as the page shows it. OpenAPI 3.1 as `cargo xtask openapi` writes it.

export interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  examples?: unknown[];
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
}

export interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema: Schema;
  example?: unknown;
}

export interface Answer {
  status: string;
  description: string;
  headers: string[];
  content: { type: string; schema: Schema }[];
  codes: string[];
}

/** The security schemes of the description. */
export type Access = "bearer" | "faqKey" | "operatorKey";

export interface Operation {
  id: string;
  method: string;
  path: string;
  tag: string;
  /** Where it stands among the others. */
  position: number;
  summary: string;
  description: string;
  /** What opens it, any of these; nothing where it is open to everybody. */
  access: Access[];
  parameters: Parameter[];
  body: { isRequired: boolean; content: { type: string; schema: Schema }[] } | null;
  answers: Answer[];
}

export interface Group {
  name: string;
  description: string;
  operations: Operation[];
}

type Json = Record<string, unknown>;

const schemesOf = (security: unknown) => ((security ?? []) as Json[]).flatMap((one) => Object.keys(one) as Access[]);

const METHODS = ["get", "post", "put", "patch", "delete"];

export class Description {
  readonly title: string;
  readonly version: string;
  readonly text: string;
  readonly groups: Group[];
  readonly #document: Json;

  constructor(document: Json) {
    this.#document = document;
    const info = document["info"] as { title: string; version: string; description?: string };
    [this.title, this.version, this.text] = [info.title, info.version, info.description ?? ""];
    const operations = Object.entries(document["paths"] as Record<string, Record<string, Json>>).flatMap(([path, methods]) =>
      METHODS.filter((method) => method in methods).map((method) => this.#operation(path, method, methods[method] as Json)),
    );
    operations.sort((one, other) => one.position - other.position);
    const tags = document["tags"] as { name: string; description: string }[];
    this.groups = tags.map(({ name, description }) => ({
      name,
      description,
      operations: operations.filter((operation) => operation.tag === name),
    }));
  }

  /** What a reference stands for; itself, if it is none. */
  resolve<T extends object>(value: T): T {
    const reference = (value as { $ref?: string }).$ref;
    if (!reference) return value;
    let found: unknown = this.#document;
    for (const key of reference.slice(2).split("/")) found = (found as Json)[key];
    return found as T;
  }

  /** An example of what a schema describes, as JSON has it. */
  example(schema: Schema, depth = 0): unknown {
    const here = this.resolve(schema);
    const given = schema.examples?.[0] ?? here.examples?.[0];
    if (given !== undefined) return given;
    if (here.const !== undefined) return here.const;
    if (here.enum) return here.enum[0];
    if (here.anyOf) return this.example(here.anyOf[0] as Schema, depth);
    if (here.default !== undefined) return here.default;
    const type = typesOf(here)[0];
    if (type === "object" && here.properties) {
      if (depth > 4) return {};
      const shown = Object.entries(here.properties).filter(([name]) => depth < 2 || here.required?.includes(name));
      return Object.fromEntries(shown.map(([name, member]) => [name, this.example(member, depth + 1)]));
    }
    if (type === "array") return here.items && depth < 4 ? [this.example(here.items, depth + 1)] : [];
    if (type === "integer" || type === "number") return here.minimum ?? 0;
    if (type === "boolean") return true;
    return type === "string" ? "…" : {};
  }

  #operation(path: string, method: string, operation: Json): Operation {
    const parameters = (operation["parameters"] ?? []) as Parameter[];
    const body = operation["requestBody"] as { required?: boolean; content: Record<string, { schema: Schema }> } | undefined;
    const answers = operation["responses"] as Record<string, Json>;
    return {
      id: operation["operationId"] as string,
      method,
      path,
      tag: (operation["tags"] as string[])[0] ?? "",
      position: operation["x-position"] as number,
      summary: operation["summary"] as string,
      description: (operation["description"] ?? "") as string,
      access: schemesOf(operation["security"] ?? this.#document["security"]),
      parameters: parameters.map((parameter) => this.resolve(parameter)),
      body: body ? { isRequired: body.required ?? false, content: contentOf(body.content) } : null,
      answers: Object.entries(answers).map(([status, given]) => {
        const answer = this.resolve(given);
        return {
          status,
          description: answer["description"] as string,
          headers: Object.keys((answer["headers"] ?? {}) as Json),
          content: contentOf((answer["content"] ?? {}) as Record<string, { schema: Schema }>),
          codes: (answer["x-codes"] ?? []) as string[],
        };
      }),
    };
  }
}

function contentOf(content: Record<string, { schema: Schema }>): { type: string; schema: Schema }[] {
  return Object.entries(content).map(([type, { schema }]) => ({ type, schema }));
}

export async function fetchDescription(): Promise<Description> {
  const answer = await fetch("/openapi.json");
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  return new Description((await answer.json()) as Json);
}

export function nameOf(schema: Schema): string | null {
  return schema.$ref?.split("/").at(-1) ?? null;
}

export function typesOf(schema: Schema): string[] {
  return schema.type === undefined ? [] : [schema.type].flat();
}

/** The kind of a value in a few words: `text, 1–255 characters, or null`. */
export function kindOf(schema: Schema): string {
  const name = nameOf(schema);
  if (name) return name;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.anyOf) return schema.anyOf.map((choice) => (choice.type === "null" ? "null" : kindOf(choice))).join(" or ");
  const kinds = typesOf(schema)
    .filter((type) => type !== "null")
    .map((type) => (type === "array" && schema.items ? `list of ${kindOf(schema.items)}` : (WORDS[type] ?? type)));
  const words = [kinds.join(" or ") || "anything"];
  if (schema.format) words[0] = FORMATS[schema.format] ?? schema.format;
  const between = (least: number | undefined, most: number | undefined, what: string) => {
    if (least === undefined && most === undefined) return;
    if (most === undefined) words.push(`at least ${least}${what}`);
    else words.push(least ? `${least}–${most}${what}` : `at most ${most}${what}`);
  };
  between(schema.minLength || undefined, schema.maxLength, " characters");
  between(schema.minimum || undefined, schema.maximum, "");
  between(schema.minItems, schema.maxItems, " items");
  if (typesOf(schema).includes("null")) words.push("or null");
  return words.join(", ").replace(", or null", " or null");
}

const WORDS: Record<string, string> = { string: "text", integer: "whole number", boolean: "true or false", array: "list" };

const FORMATS: Record<string, string> = {
  "date-time": "time",
  due: "time or day",
  email: "e-mail address",
  "iana-timezone": "time zone",
  lead: "length of time",
  "recurrence-rule": "recurrence rule",
  "time-of-day": "time of the day",
};

const ACCESS: Record<Access, string> = {
  bearer: "a token",
  faqKey: "a key of the FAQ",
  operatorKey: "the operator's key",
};

/** Who may call it, as a sentence. */
export function accessOf(operation: Operation): string {
  if (operation.access.length === 0) return "Open to everybody.";
  return `Needs ${operation.access.map((access) => ACCESS[access]).join(" or ")}.`;
}

/** A command that sends the request. */
export function commandOf(operation: Operation, description: Description, origin: string): string {
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) =>
    String(operation.parameters.find((parameter) => parameter.name === name)?.example ?? name),
  );
  const lines = [`curl ${operation.method === "get" ? "" : `-X ${operation.method.toUpperCase()} `}${origin}${path}`];
  if (operation.access.includes("bearer")) lines.push('-H "Authorization: Bearer $TOKEN"');
  else if (operation.access.length > 0) lines.push('-H "X-Api-Key: $KEY"');
  const content = operation.body?.content[0];
  if (content) {
    lines.push(`-H "Content-Type: ${content.type}"`);
    const example = JSON.stringify(requiredOf(content.schema, description));
    lines.push(`-d '${example.replaceAll("'", "'\\''")}'`);
  }
  return lines.join(" \\\n  ");
}

/** The least that a body must have; where nothing must be, one member of it. */
export function requiredOf(schema: Schema, description: Description): unknown {
  const here = description.resolve(schema);
  const example = description.example(schema);
  if (here.examples) return example;
  if (!here.properties || typeof example !== "object" || example === null) return example;
  const names = here.required ?? Object.keys(here.properties).slice(0, 1);
  return Object.fromEntries(Object.entries(example).filter(([name]) => names.includes(name)));
}
