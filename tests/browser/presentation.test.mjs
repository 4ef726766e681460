// How the page presents itself: by keyboard alone, on a phone, in the dark, to a screen reader, and without a connection.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { afterEach, test } from "node:test";
import { addTask, apiOf, browserTests, closePages, DESKTOP, live, openPage, PHONE, picture, row, signUp } from "./browser.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Fills the list with one task of every kind. */
async function fill(account) {
  const api = await apiOf(account);
  const inDays = (days) => new Date(Date.now() + days * 86_400_000).toISOString();
  await api.post("/tasks", { title: "Send the invoice to Kramer & Sons", due_date: inDays(-1), priority: "urgent", tags: ["work", "billing"] });
  await api.post("/tasks", { title: "Water the plants", due_date: inDays(1), recurrence_rule: "weekly", tags: ["home"] });
  await api.post("/tasks", {
    title: "Book flights to Lisbon for the conference in spring",
    description: "Direct if possible. Compare with the night train through Paris, which saves a hotel night.",
    due_date: inDays(3),
    priority: "high",
    reminders: [{ before: "1d" }, { before: "1h" }],
  });
  const dull = "Averylongwordthatdoesnotfitonanyphone".repeat(4);
  await api.post("/tasks", { title: dull, priority: "low" });
}

async function talk(page, text) {
  await page.getByLabel("Message to the assistant").fill(text);
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.locator("[data-tool]").last().waitFor();
}

/** Violations that keep people out, as `rule: element`. */
async function violations(page) {
  // The page's policy forbids foreign scripts, which is why this one is run from outside of it.
  await page.evaluate(axe);
  const { violations: found } = await page.evaluate(() => globalThis.axe.run(document));
  const grave = found.filter(({ impact }) => impact === "serious" || impact === "critical");
  return grave.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary}`));
}

async function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

browserTests("presentation", () => {
  afterEach(async () => assert.deepEqual(await closePages(), []));

  test("everything can be done by keyboard", async () => {
    const page = await openPage();
    const { keyboard } = page;
    const account = { email: `${randomUUID()}@example.com`, password: "correct horse battery staple" };
    await page.goto("/signup");
    await page.getByLabel("Name").focus();
    await keyboard.press("Tab");
    await keyboard.type(account.email);
    await keyboard.press("Tab");
    await keyboard.type(account.password);
    await keyboard.press("Enter");
    await page.getByRole("heading", { name: "All clear" }).waitFor();
    await keyboard.press("n");
    await keyboard.type("Typed by hand");
    await keyboard.press("Enter");
    await row(page, "Typed by hand").waitFor();
    // Escape leaves the field, so that letters are shortcuts again.
    await page.waitForFunction(() => document.querySelector("#new-task").value === "");
    await keyboard.press("Escape");
    await keyboard.press("/");
    await keyboard.type("Add a task to buy groceries");
    await keyboard.press("Enter");
    const bought = page.locator("li[id^=task-]").filter({ hasText: /buy groceries/i });
    await bought.waitFor();
    await bought.getByRole("checkbox").focus();
    await keyboard.press("ArrowDown");
    await keyboard.press("ArrowUp");
    await keyboard.press("e");
    await page.getByRole("form", { name: /^Edit/ }).getByLabel("Title").waitFor();
    await page.waitForFunction(() => document.activeElement?.closest("form")?.ariaLabel?.startsWith("Edit"));
    await keyboard.press("Escape");
    await page.getByRole("form", { name: /^Edit/ }).waitFor({ state: "detached" });
    await row(page, "Typed by hand").getByRole("checkbox").focus();
    await keyboard.press("Space");
    await row(page, "Typed by hand").waitFor({ state: "detached" });
    // The focus went on to the task that is left.
    assert.match(await page.evaluate(() => document.activeElement.ariaLabel ?? ""), /groceries/i);
    await keyboard.press("Delete");
    await page.getByRole("heading", { name: "All clear" }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), "new-task");
    await keyboard.press("Escape");
    await keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
    await keyboard.press("Escape");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor({ state: "hidden" });
  });

  test("a phone shows one thing at a time and never scrolls sideways", async () => {
    const page = await openPage({ viewport: PHONE, hasTouch: true, isMobile: true });
    await page.goto("/login");
    assert.equal(await overflow(page), 0);
    await fill(await signUp(page));
    await row(page, "Water the plants").waitFor();
    assert.equal(await overflow(page), 0);
    assert.equal(await page.getByLabel("Message to the assistant").isVisible(), false);
    await picture(page, "phone-tasks");
    await page.getByRole("button", { name: "Water the plants", exact: true }).tap();
    await page.getByRole("form", { name: /^Edit/ }).waitFor();
    assert.equal(await overflow(page), 0);
    await page.getByRole("button", { name: "Cancel" }).tap();
    await page.getByRole("button", { name: "Assistant" }).tap();
    await talk(page, "Show me all my tasks");
    assert.equal(await overflow(page), 0);
    assert.equal(await page.getByRole("textbox", { name: "Add a task" }).isVisible(), false);
    await picture(page, "phone-chat");
    await page.getByRole("button", { name: /^Notifications/ }).tap();
    await page.getByRole("region", { name: "Notifications" }).waitFor();
    assert.equal(await overflow(page), 0);
    assert.deepEqual(await violations(page), []);
  });

  for (const colorScheme of ["light", "dark"]) {
    test(`nothing keeps people out, in ${colorScheme}`, async () => {
      const page = await openPage({ colorScheme, viewport: DESKTOP });
      await page.goto("/login");
      assert.deepEqual(await violations(page), []);
      await fill(await signUp(page));
      await row(page, "Water the plants").waitFor();
      await talk(page, "Show me all my tasks");
      await live(page);
      assert.deepEqual(await violations(page), []);
      await picture(page, colorScheme);
      await page.getByRole("button", { name: "Water the plants", exact: true }).click();
      await page.getByRole("form", { name: /^Edit/ }).getByLabel("Title").waitFor();
      assert.deepEqual(await violations(page), []);
      const brightness = await page.evaluate(() => {
        const [red, green, blue] = getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number);
        return (red + green + blue) / 3;
      });
      assert.equal(brightness < 128, colorScheme === "dark");
    });
  }

  test("a lost connection is told, and what was missed comes in afterwards", async () => {
    const page = await openPage();
    const account = await signUp(page);
    await live(page);
    await page.context().setOffline(true);
    await page.getByRole("alert").filter({ hasText: "You are offline" }).waitFor();
    const field = page.getByRole("textbox", { name: "Add a task" });
    await field.fill("Not lost");
    await field.press("Enter");
    await page.getByRole("alert").filter({ hasText: "cannot be reached" }).waitFor();
    assert.equal(await field.inputValue(), "Not lost");
    await (await apiOf(account)).post("/tasks", { title: "Came in meanwhile" });
    await page.context().setOffline(false);
    await page.getByRole("alert").filter({ hasText: "You are offline" }).waitFor({ state: "detached" });
    await row(page, "Came in meanwhile").waitFor();
    await field.press("Enter");
    await row(page, "Not lost").waitFor();
  });

  test("the words of the page announce what changed", async () => {
    const page = await openPage();
    await signUp(page);
    await addTask(page, "Heard");
    await page.locator("[aria-live=polite]").filter({ hasText: "Added “Heard”" }).waitFor({ state: "attached" });
    await row(page, "Heard").getByRole("checkbox").click();
    await page.locator("[aria-live=polite]").filter({ hasText: "Completed “Heard”" }).waitFor({ state: "attached" });
  });
});
