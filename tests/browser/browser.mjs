// Finds a Chromium, starts it, and gives each test fresh pages of the app.
//
// Environment: SIDESPIN_BASE_URL (where the app runs), CHROMIUM (the browser's path), SIDESPIN_SCREENSHOTS (a folder for pictures), CI.

import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe } from "node:test";
import { chromium } from "playwright-core";

const FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** How long an element may take to appear. */
const PATIENCE = 20_000;
export const PASSWORD = "correct horse battery staple";
export const DESKTOP = { width: 1280, height: 820 };
export const PHONE = { width: 360, height: 740 };

const found = findChromium();
let browser;
let pages = [];

/** A group of tests that need the browser and the app. Without a browser they are skipped, and in CI they fail. */
export function browserTests(name, tests) {
  if (found === null && process.env.CI !== undefined) throw new Error("no Chromium found: install one, or set CHROMIUM to its path");
  if (found === null) console.log("skipped: no Chromium found");
  if (found !== null && !process.env.SIDESPIN_BASE_URL) {
    throw new Error("SIDESPIN_BASE_URL is not set: give it the address of a running application, such as http://127.0.0.1:3000");
  }
  describe(name, { skip: found === null }, () => {
    before(async () => {
      browser = await chromium.launch({ executablePath: found, args: FLAGS });
    });
    after(() => browser?.close());
    tests();
  });
}

/** A page in a browser profile of its own; what goes wrong in it is kept in `page.complaints`. */
export async function openPage(options = {}) {
  const context = await browser.newContext({
    viewport: DESKTOP,
    baseURL: process.env.SIDESPIN_BASE_URL,
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    colorScheme: "light",
    ...options,
  });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  page.complaints = [];
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  page.on("console", (message) => {
    // A refused request is no mistake of the page, and the tests provoke some.
    const refused = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !refused) page.complaints.push(message.text());
  });
  pages.push(page);
  return page;
}

/** Closes what a test opened and answers with everything that the pages complained of. */
export async function closePages() {
  const complaints = pages.flatMap((page) => page.complaints);
  const contexts = new Set(pages.map((page) => page.context()));
  pages = [];
  await Promise.all([...contexts].map((context) => context.close()));
  return complaints;
}

export function newAccount() {
  return { name: "Ada Lovelace", email: `${randomUUID()}@example.com`, password: PASSWORD };
}

/** Makes an account through the sign-up form. */
export async function signUp(page, account = newAccount()) {
  await page.goto("/signup");
  await page.getByLabel("Name").fill(account.name);
  await page.getByLabel("E-mail").fill(account.email);
  await page.getByLabel("Password").fill(account.password);
  await page.getByRole("button", { name: "Sign up" }).click();
  await page.getByRole("heading", { name: "Tasks", level: 2 }).waitFor();
  return account;
}

export async function logIn(page, account) {
  await page.goto("/login");
  await page.getByLabel("E-mail").fill(account.email);
  await page.getByLabel("Password").fill(account.password);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("heading", { name: "Tasks", level: 2 }).waitFor();
}

/** The live updates are connected: what happens from now on appears by itself. */
export async function live(page) {
  await page.getByText("Live", { exact: true }).waitFor({ state: "attached" });
}

export async function addTask(page, title) {
  const field = page.getByRole("textbox", { name: "Add a task" });
  await field.fill(title);
  await field.press("Enter");
  await row(page, title).waitFor();
}

/** The row of a task in the list. */
export function row(page, title) {
  return page.locator("li[id^=task-]").filter({ has: page.getByRole("button", { name: title, exact: true }) });
}

/** Talks to the API as another program of the same person would. */
export async function apiOf(account) {
  const call = async (path, method, body, token) => {
    const headers = { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) };
    const response = await fetch(`${process.env.SIDESPIN_BASE_URL}/api/v1${path}`, { method, headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
    return response.status === 204 ? null : response.json();
  };
  const { access_token: token } = await call("/auth/login", "POST", { email: account.email, password: account.password });
  return { post: (path, body) => call(path, "POST", body, token) };
}

export async function picture(page, name) {
  const folder = process.env.SIDESPIN_SCREENSHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

function findChromium() {
  const named = process.env.CHROMIUM;
  if (named) {
    if (existsSync(named)) return named;
    throw new Error(`CHROMIUM names \`${named}\`, which does not exist`);
  }
  return ["/usr/bin/chromium", inPath("chromium"), inPath("google-chrome")].find((path) => path !== null && existsSync(path)) ?? null;
}

function inPath(name) {
  try {
    return execFileSync("which", [name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return null;
  }
}
