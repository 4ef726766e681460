// The page about the API: what it shows, how things are found in it, and that everybody can use it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { afterEach, test } from "node:test";
import { browserTests, closePages, DESKTOP, openPage, PHONE, picture } from "./browser.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

browserTests("the page about the API", () => {
  afterEach(async () => assert.deepEqual(await closePages(), []));

  test("an operation is found by its words and shows what it takes and answers", async () => {
    const page = await openPage();
    await page.goto("/docs");
    await page.getByRole("heading", { name: "The API of Todo Chatbot" }).waitFor();
    await picture(page, "docs");
    await page.getByLabel("Find an operation").fill("bulk");
    const card = page.locator("#bulkChange");
    await card.getByText("/api/v1/tasks/bulk").click();
    await card.getByText("Idempotency-Key", { exact: true }).waitFor();
    await card.getByText("ids or numbers of tasks").waitFor();
    assert.match(await card.getByLabel("A command that sends the request").innerText(), /curl -X POST http.*\/api\/v1\/tasks\/bulk/);
    assert.equal(await page.locator("details.card").count(), 1);
    await page.getByLabel("Find an operation").fill("nothing has these words");
    await page.getByText("No operation has these words.").waitFor();
  });

  test("an address leads to its operation", async () => {
    const page = await openPage();
    await page.goto("/docs#createTask");
    const title = page.locator("#createTask").getByText("reminders", { exact: true }).first();
    await title.waitFor();
    assert.ok(await title.isVisible());
    await page.goto("/docs#getStats");
    await page.locator("#getStats").getByText("Called").waitFor();
  });

  for (const [name, colorScheme, viewport] of [
    ["light", "light", DESKTOP],
    ["dark", "dark", DESKTOP],
    ["phone", "light", PHONE],
  ]) {
    test(`it can be read by everybody: ${name}`, async () => {
      const page = await openPage({ colorScheme, viewport });
      await page.goto("/docs#createTask");
      const card = page.locator("#createTask");
      await card.getByText("Called").waitFor();
      await card.getByText("application/json: Task", { exact: true }).click();
      await picture(page, `docs-${name}`);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0);
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run(document));
      const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      assert.deepEqual(grave.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(" ")}`)), []);
    });
  }
});
