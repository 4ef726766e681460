// What a person does with tasks, in the list and by talking.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { addTask, apiOf, browserTests, closePages, live, logIn, newAccount, openPage, picture, row, signUp } from "./browser.mjs";

browserTests("tasks", () => {
  afterEach(async () => assert.deepEqual(await closePages(), []));

  test("a new account has an empty list, and survives a reload", async () => {
    const page = await openPage();
    await signUp(page);
    await page.getByRole("heading", { name: "All clear" }).waitFor();
    await live(page);
    await picture(page, "empty");
    await page.reload();
    await page.getByRole("heading", { name: "All clear" }).waitFor();
  });

  test("a wrong password and a taken address are told beside the form", async () => {
    const page = await openPage();
    const account = await signUp(page);
    await page.getByRole("button", { name: "Account" }).click();
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByLabel("E-mail").fill(account.email);
    await page.getByLabel("Password").fill("not the password");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("alert").filter({ hasText: "wrong" }).waitFor();
    await page.getByRole("link", { name: "Sign up" }).click();
    await page.getByLabel("Password").fill(account.password);
    await page.getByRole("button", { name: "Sign up" }).click();
    await page.getByText("There is an account with this address").waitFor();
    assert.equal(await page.getByLabel("E-mail").getAttribute("aria-invalid"), "true");
  });

  test("a task is added by the field", async () => {
    const page = await openPage();
    await signUp(page);
    await addTask(page, "Water the plants");
    await page.reload();
    await row(page, "Water the plants").waitFor();
  });

  test("a task is added by talking, and a card shows the tool", async () => {
    const page = await openPage();
    await signUp(page);
    await page.getByLabel("Message to the assistant").fill("Add a task to buy groceries");
    await page.getByRole("button", { name: "Send", exact: true }).click();
    const card = page.locator("[data-tool=add_task]");
    await card.getByText("Task added").waitFor();
    await card.getByText(/buy groceries/i).first().waitFor();
    await page.locator("li[id^=task-]").filter({ hasText: /buy groceries/i }).waitFor();
    await picture(page, "chat");
    // The conversation is kept.
    await page.reload();
    await page.getByRole("log").getByText("Add a task to buy groceries").waitFor();
    await page.locator("[data-tool=add_task]").waitFor();
  });

  test("the assistant asks before it deletes everything, and a button answers", async () => {
    const page = await openPage();
    await signUp(page);
    await addTask(page, "One");
    await addTask(page, "Two");
    const ask = async () => {
      await page.getByLabel("Message to the assistant").fill("Delete all my tasks");
      await page.getByRole("button", { name: "Send", exact: true }).click();
    };
    await ask();
    await page.getByRole("button", { name: "No", exact: true }).click();
    // The question is answered, so its buttons are gone, and the tasks are still there.
    await page.getByRole("group", { name: "Answer" }).waitFor({ state: "detached" });
    await page.getByRole("article", { name: "Assistant" }).nth(1).waitFor();
    await row(page, "One").waitFor();
    await ask();
    await page.getByRole("button", { name: "Yes", exact: true }).click();
    await page.getByRole("heading", { name: "All clear" }).waitFor();
    assert.equal(await page.locator("[data-tool=bulk_tasks]").count(), 1);
  });

  test("a task that is created elsewhere appears without a reload", async () => {
    const [one, other] = [await openPage(), await openPage()];
    const account = await signUp(one);
    await logIn(other, account);
    await live(other);
    await addTask(one, "Seen in both browsers");
    await row(other, "Seen in both browsers").waitFor();
    await live(one);
    await row(other, "Seen in both browsers").getByRole("checkbox").click();
    await row(one, "Seen in both browsers").waitFor({ state: "detached" });
  });

  test("completing and deleting can be undone", async () => {
    const page = await openPage();
    await signUp(page);
    await addTask(page, "Call the dentist");
    await row(page, "Call the dentist").getByRole("checkbox").click();
    await row(page, "Call the dentist").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Completed", exact: true }).click();
    await row(page, "Call the dentist").getByRole("checkbox", { checked: true }).waitFor();
    await page.getByRole("button", { name: "Pending", exact: true }).click();
    await page.getByRole("group", { name: "Message" }).getByRole("button", { name: "Undo" }).click();
    await row(page, "Call the dentist").waitFor();
    await row(page, "Call the dentist").hover();
    await page.getByRole("button", { name: "Delete “Call the dentist”" }).click();
    await row(page, "Call the dentist").waitFor({ state: "detached" });
    await page.getByRole("group", { name: "Message" }).filter({ hasText: "Deleted" }).getByRole("button", { name: "Undo" }).click();
    await row(page, "Call the dentist").waitFor();
    await page.reload();
    await row(page, "Call the dentist").waitFor();
  });

  test("a task is edited in its place", async () => {
    const page = await openPage();
    await signUp(page);
    await addTask(page, "Book flights");
    await page.getByRole("button", { name: "Book flights", exact: true }).click();
    const editor = page.getByRole("form", { name: /^Edit/ });
    await editor.getByLabel("Title").fill("Book flights to Lisbon");
    await editor.getByLabel("Due date").fill("2099-12-24");
    await editor.getByLabel("Time").fill("17:30");
    await editor.getByLabel("Priority").selectOption("high");
    await editor.getByLabel("Repeats").selectOption("yearly");
    await editor.getByLabel("Add a reminder").selectOption("1h");
    await editor.getByLabel("Tags").fill("travel, family");
    await picture(page, "edit");
    await editor.getByRole("button", { name: "Save" }).click();
    await editor.waitFor({ state: "detached" });
    const edited = row(page, "Book flights to Lisbon");
    for (const text of ["24 Dec 2099, 17:30", "High", "Every year", "1 hour before", "travel", "family"]) {
      await edited.getByText(text).first().waitFor();
    }
  });

  test("an edit that crosses another one is not lost and does not overwrite", async () => {
    const [one, other] = [await openPage(), await openPage()];
    const account = await signUp(one);
    await addTask(one, "Disputed");
    await logIn(other, account);
    for (const [page, title] of [[one, "Mine"], [other, "Theirs"]]) {
      await page.getByRole("button", { name: "Disputed", exact: true }).click();
      await page.getByLabel("Title").fill(title);
    }
    await other.getByRole("button", { name: "Save" }).click();
    await row(other, "Theirs").waitFor();
    await one.getByRole("button", { name: "Save" }).click();
    await one.getByRole("alert").filter({ hasText: "changed elsewhere" }).waitFor();
    assert.equal(await one.getByLabel("Title").inputValue(), "Mine");
    await one.getByRole("button", { name: "Save mine anyway" }).click();
    await row(one, "Mine").waitFor();
  });

  test("a reminder that is due becomes a notification", async () => {
    const page = await openPage();
    const account = await signUp(page, newAccount());
    await live(page);
    const api = await apiOf(account);
    const soon = (seconds) => new Date(Date.now() + seconds * 1000).toISOString();
    await api.post("/tasks", { title: "Take the cake out", due_date: soon(3600), reminders: [{ at: soon(1) }] });
    await page.getByRole("button", { name: "Notifications, 1 unread" }).click();
    const panel = page.getByRole("region", { name: "Notifications" });
    await panel.getByText("Take the cake out").first().waitFor();
    await picture(page, "notification");
    await panel.getByRole("button", { name: /as read$/ }).first().click();
    await page.getByRole("button", { name: "Notifications", exact: true }).waitFor();
  });
});
