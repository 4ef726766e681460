// Requests to the API: the token goes along, an expired one is renewed once, and an error becomes a Problem.

import { problemOf, unreachable } from "./problem.ts";

/** Where tokens come from; the session registers itself here, so that this file need not know it. */
export interface TokenSource {
  token(): Promise<string>;
  /** A token that is not `stale`. */
  renew(stale: string): Promise<string>;
  /** Called when even a renewed token is refused. */
  end(notice: string): void;
}

export interface RequestOptions {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  body?: unknown;
  contentType?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export interface Answer<Body> {
  body: Body;
  etag: string | null;
}

const BASE = "/api/v1";
let tokens: TokenSource | null = null;

export function authorizeWith(source: TokenSource): void {
  tokens = source;
}

/** Sends a request and reads the JSON that comes back. */
export async function send<Body>(path: string, options: RequestOptions = {}): Promise<Answer<Body>> {
  const response = await request(path, options);
  const text = await response.text();
  return { body: (text === "" ? null : JSON.parse(text)) as Body, etag: response.headers.get("etag") };
}

/** Sends a request with the session's token; an answer that is no success is thrown as a Problem. */
export async function request(path: string, options: RequestOptions = {}): Promise<Response> {
  const token = tokens ? await tokens.token() : null;
  let response = await attempt(path, options, token);
  if (response.status === 401 && tokens && token !== null) {
    response = await attempt(path, options, await tokens.renew(token));
    if (response.status === 401) tokens.end("Your session has ended. Please log in again.");
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

/** A request without a token: those that begin a session. */
export async function sendOpenly<Body>(path: string, body: unknown): Promise<Body> {
  const response = await attempt(path, { method: "POST", body }, null);
  if (!response.ok) throw await problemOf(response);
  return (await response.json()) as Body;
}

/** A key under which the server remembers a creating request, so that a retry does not create twice. */
export function idempotencyKey(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  // Pages that are not served over https (and not from localhost) lack randomUUID.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function attempt(path: string, options: RequestOptions, token: string | null): Promise<Response> {
  const headers: Record<string, string> = { accept: "application/json", ...options.headers };
  if (token !== null) headers["authorization"] = `Bearer ${token}`;
  const init: RequestInit = { method: options.method ?? "GET", headers, cache: "no-store", credentials: "omit" };
  if (options.body !== undefined) {
    headers["content-type"] = options.contentType ?? "application/json";
    init.body = JSON.stringify(options.body);
  }
  if (options.signal) init.signal = options.signal;
  try {
    return await fetch(BASE + path, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw unreachable();
  }
}
