// Who is logged in. The access token lives in memory only; the refresh token outlives the page in localStorage.

import { authorizeWith, send, sendOpenly, type TokenSource } from "../api/client.ts";
import { explain, Problem } from "../api/problem.ts";
import type { SessionGrant, User } from "../api/types.ts";

const STORED_AS = "todo-chatbot.refresh-token";
const LOCK = "todo-chatbot.session";

type Phase = "starting" | "unreachable" | "out" | "in";

class Session implements TokenSource {
  phase = $state<Phase>("starting");
  user = $state<User | null>(null);
  /** Why the session of the last visit could not be taken up yet. */
  failure = $state("");
  /** Why the person has to log in again, if they did not ask for it. */
  notice = $state("");

  #accessToken: string | null = null;
  #renewal: Promise<string> | null = null;

  constructor() {
    authorizeWith(this);
    // Logging out in one tab logs out everywhere; a token that another tab has renewed is read when it is needed.
    window.addEventListener("storage", (event) => {
      if (event.key === STORED_AS && event.newValue === null && this.phase === "in") this.#forget("");
    });
  }

  /** Takes up the session of the last visit, if there is one. */
  async start(): Promise<void> {
    this.phase = "starting";
    if (localStorage.getItem(STORED_AS) === null) {
      this.phase = "out";
      return;
    }
    try {
      await this.renew(null);
      this.phase = "in";
    } catch (error) {
      this.failure = explain(error);
      if (this.phase === "starting") this.phase = "unreachable";
    }
  }

  async signUp(name: string, email: string, password: string): Promise<void> {
    const account = name === "" ? { email, password } : { email, password, name };
    this.#begin(await sendOpenly<SessionGrant>("/auth/signup", account));
  }

  async logIn(email: string, password: string): Promise<void> {
    this.#begin(await sendOpenly<SessionGrant>("/auth/login", { email, password }));
  }

  async logOut(): Promise<void> {
    const refreshToken = localStorage.getItem(STORED_AS);
    try {
      await send("/auth/logout", { method: "POST", body: { refresh_token: refreshToken } });
    } catch {
      // The person wants to be logged out here, whether or not the server hears of it.
    }
    this.#forget("");
  }

  end(notice: string): void {
    this.#forget(notice);
  }

  async token(): Promise<string> {
    return this.#accessToken ?? this.renew(null);
  }

  /** A token that is not `stale`. However many requests fail at once, the server is asked once. */
  async renew(stale: string | null): Promise<string> {
    if (this.#accessToken !== null && this.#accessToken !== stale) return this.#accessToken;
    this.#renewal ??= this.#exchange().finally(() => (this.#renewal = null));
    return this.#renewal;
  }

  async #exchange(): Promise<string> {
    // A refresh token is good for one use: two tabs that use the same one at once would look like a thief.
    const locks = (navigator as { locks?: LockManager }).locks;
    return locks ? await locks.request(LOCK, () => this.#refresh()) : await this.#refresh();
  }

  async #refresh(): Promise<string> {
    const refreshToken = localStorage.getItem(STORED_AS);
    if (refreshToken === null) {
      this.#forget("");
      throw new Problem(401, "Please log in.", "", {});
    }
    try {
      const grant = await sendOpenly<SessionGrant>("/auth/refresh", { refresh_token: refreshToken });
      this.#keep(grant);
      return grant.access_token;
    } catch (error) {
      if (error instanceof Problem && !error.passing) this.#forget("Your session has ended. Please log in again.");
      throw error;
    }
  }

  #begin(grant: SessionGrant): void {
    this.#keep(grant);
    this.notice = "";
    this.phase = "in";
  }

  #keep(grant: SessionGrant): void {
    this.#accessToken = grant.access_token;
    localStorage.setItem(STORED_AS, grant.refresh_token);
    this.user = grant.user ?? this.user;
  }

  #forget(notice: string): void {
    this.#accessToken = null;
    localStorage.removeItem(STORED_AS);
    this.user = null;
    this.notice = notice;
    this.phase = "out";
  }
}

export const session = new Session();
