// A program on the TypeScript client that is made from the API's description: types by openapi-typescript, requests by
// openapi-fetch. That it compiles is half of the test.
//
// Environment: SIDESPIN_BASE_URL (where the app runs) and EMAIL (an address that nobody has).

import assert from "node:assert/strict";
import { test } from "node:test";
import createClient from "openapi-fetch";
import type { components, paths } from "./dist/api.js";

type Task = components["schemas"]["Task"];
type ProblemCode = components["schemas"]["ProblemCode"];

const baseUrl = required("SIDESPIN_BASE_URL");
const email = required("EMAIL");

test("a person signs up, makes tasks, reads them page by page and completes one", async () => {
  const client = createClient<paths>({ baseUrl });
  const signUp = await client.POST("/api/v1/auth/signup", { body: { email, password: "correct horse" } });
  assert.ok(signUp.data, JSON.stringify(signUp.error));
  assert.equal(signUp.data.user.email, email);
  const token = signUp.data.access_token;
  client.use({
    onRequest({ request }) {
      request.headers.set("authorization", `Bearer ${token}`);
      return request;
    },
  });

  for (const title of ["Pay rent", "Buy milk", "Call Ann"]) {
    const made = await client.POST("/api/v1/tasks", {
      params: { header: { "Idempotency-Key": title.replace(" ", "-") } },
      body: { title, priority: "high", reminders: [{ at: "2036-03-01T08:00:00Z" }] },
    });
    assert.ok(made.data, JSON.stringify(made.error));
    assert.equal(made.data.status, "pending");
    assert.equal(made.response.headers.get("location"), `/api/v1/tasks/${made.data.id}`);
  }

  const titles: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.GET("/api/v1/tasks", { params: { query: { sort: ["title"], priority: ["high", "urgent"], limit: 2, cursor } } });
    assert.ok(page.data, JSON.stringify(page.error));
    titles.push(...page.data.items.map((task: Task) => task.title));
    cursor = page.data.next_cursor ?? undefined;
  } while (cursor);
  assert.deepEqual(titles, ["Buy milk", "Call Ann", "Pay rent"]);

  const done = await client.POST("/api/v1/tasks/{task_id}/complete", { params: { path: { task_id: "1" } } });
  assert.ok(done.data, JSON.stringify(done.error));
  assert.equal(done.data.task.status, "completed");

  const wrong = await client.POST("/api/v1/tasks", { body: { title: "" } });
  assert.ok(wrong.error);
  const code: ProblemCode = wrong.error.code;
  assert.equal(code, "validation_failed");
  assert.deepEqual(wrong.error.errors?.map((error) => error.field), ["title"]);

  const missing = await client.GET("/api/v1/tasks/{task_id}", { params: { path: { task_id: "99" } } });
  assert.equal(missing.response.status, 404);
  assert.equal(missing.error?.code, "not_found");
});

function required(name: string): string {
  const value = process.env[name];
  assert.ok(value, `${name} is not set`);
  return value;
}
