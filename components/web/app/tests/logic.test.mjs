// The logic that needs no page: events, dates, words and forms.
import assert from "node:assert/strict";
import { test } from "node:test";

// A zone with clock changes; set before the first date is made.
process.env.TZ = "Europe/Berlin";

const { load } = await import("./load.mjs");
const { EventParser } = await load("live/parser.ts");
const { readChange } = await load("live/change.ts");
const dates = await load("format/dates.ts");
const words = await load("format/words.ts");
const { changes, formOf, splitTags } = await load("tasks/form.ts");
const { problemOf } = await load("api/problem.ts");
const { accessOf, commandOf, Description, kindOf } = await load("docs/description.ts");

const TASK = {
  id: "018f", number: 3, title: "Water the plants", description: null, status: "pending", priority: "medium", tags: ["home"],
  due_date: "2026-03-28T08:00:00Z", timezone: "Europe/Berlin", reminders: [{ before: "1h" }], recurrence_rule: null,
  created_at: "2026-03-01T08:00:00Z", updated_at: "2026-03-01T08:00:00Z", completed_at: null, version: 4,
};

test("events are read however the bytes are cut", () => {
  const text = ": hello\r\nid: 7\r\nevent: task.sync\r\ndata: one\r\ndata:two\r\n\r\nevent: empty\n\ndata: three\n\nid\ndata: four\n\n";
  const expected = [
    { name: "task.sync", data: "one\ntwo", id: "7" },
    { name: "message", data: "three", id: "7" },
    { name: "message", data: "four", id: "" },
  ];
  assert.deepEqual(new EventParser().push(text), expected);
  for (let cut = 0; cut <= text.length; cut += 1) {
    const parser = new EventParser();
    assert.deepEqual([...parser.push(text.slice(0, cut)), ...parser.push(text.slice(cut))], expected, `cut at ${cut}`);
  }
  const letters = new EventParser("6");
  assert.deepEqual([..."data: x\n\n"].flatMap((letter) => letters.push(letter)), [{ name: "message", data: "x", id: "6" }]);
});

test("a change names the task, with or without its content", () => {
  const deleted = { change: "task.deleted", task_id: "018f", task: null, sequence: 4 };
  assert.deepEqual(readChange(JSON.stringify(deleted)), { id: "018f", task: null, deleted: true });
  const updated = { change: "task.updated", task_id: "018f", task: TASK };
  assert.deepEqual(readChange(JSON.stringify(updated)), { id: "018f", task: TASK, deleted: false });
  const event = { specversion: "1.0", id: "e", type: "task.sync", data: updated };
  assert.deepEqual(readChange(JSON.stringify(event)), { id: "018f", task: TASK, deleted: false });
  assert.equal(readChange("nonsense"), null);
  assert.equal(readChange("[]"), null);
});

test("a day is due until it is over, a time until it has come", () => {
  const now = new Date("2026-03-28T22:30:00+01:00");
  const group = (due) => dates.groupOf(due, now);
  assert.equal(group(null), "undated");
  assert.equal(group("2026-03-27"), "overdue");
  assert.equal(group("2026-03-28"), "today");
  assert.equal(group("2026-03-29"), "upcoming");
  assert.equal(group("2026-03-28T21:29:59Z"), "overdue");
  assert.equal(group("2026-03-28T21:30:00Z"), "today");
  // 23:30 in Greenwich is half past midnight here, and the next day.
  assert.equal(group("2026-03-28T23:30:00Z"), "upcoming");
});

test("days are counted across a clock change", () => {
  const now = new Date("2026-03-28T12:00:00+01:00");
  const label = (due) => dates.describeDue(due, now).label;
  assert.equal(label("2026-03-27"), "Yesterday");
  assert.equal(label("2026-03-28"), "Today");
  assert.equal(label("2026-03-29"), "Tomorrow");
  assert.match(label("2026-03-30"), /Monday/);
  assert.match(label("2026-03-30T07:00:00Z"), /9:00/);
  assert.match(label("2027-01-02"), /2027/);
});

test("times in a sentence are told as they are here", () => {
  const now = new Date("2026-03-28T12:00:00+01:00");
  assert.match(dates.withLocalTimes("Rent (due 2026-03-29T07:00:00.109Z)", now), /^Rent \(due Tomorrow, 0?9:00/);
  assert.equal(dates.withLocalTimes("version 2026-99-99T07:00:00Z of 2026-03-29", now), "version 2026-99-99T07:00:00Z of 2026-03-29");
});

test("dates survive the way through the inputs", () => {
  for (const due of ["2026-03-29T07:15:00Z", "2026-10-25T08:00:00Z", "2026-12-31"]) {
    const at = dates.moment(due);
    const time = dates.isDateOnly(due) ? "" : dates.timeInput(at);
    assert.equal(dates.dueFromInputs(dates.dateInput(at), time), due);
  }
  assert.equal(dates.dueFromInputs("", "09:00"), null);
});

test("rules and reminders are put in words", () => {
  assert.equal(words.describeRecurrence("daily"), "Every day");
  assert.equal(words.describeRecurrence("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH"), "Every 2 weeks on Mon, Thu");
  assert.equal(words.describeRecurrence("RRULE:FREQ=MONTHLY;COUNT=5"), "Every month, 5 times");
  assert.equal(words.describeRecurrence("FREQ=SECONDLY"), "Repeats");
  assert.equal(words.describeReminder({ before: "1h" }), "1 hour before");
  assert.equal(words.describeReminder({ before: "1h30m" }), "1h30m before");
  assert.equal(words.describeReminder({ before: "2 hours" }), "2 hours before");
});

test("a card says what a tool did, and not what it was asked to do", () => {
  const done = { tool: "add_task", arguments: { title: "a" }, result: { task_id: 3, status: "created", title: "Buy milk", changed: true }, status: "success" };
  assert.deepEqual(words.describeToolCall(done), { heading: "Task added", icon: "plus", failed: false, lines: ["#3 Buy milk"], more: 0 });
  const failed = { tool: "delete_task", arguments: { title: "a" }, result: { error: "there is no task 9" }, status: "error" };
  assert.deepEqual(words.describeToolCall(failed), { heading: "Task not deleted", icon: "trash", failed: true, lines: ["there is no task 9"], more: 0 });
  const same = { ...done, tool: "complete_task", result: { ...done.result, changed: false } };
  assert.equal(words.describeToolCall(same).heading, "Nothing to change");
  const list = { tool: "list_tasks", result: Array.from({ length: 8 }, (_, index) => ({ task_id: index + 1, title: "x" })), status: "success" };
  assert.equal(words.describeToolCall(list).more, 3);
  assert.deepEqual(words.describeToolCall({ ...list, result: [] }).lines, ["Nothing found"]);
  assert.equal(words.describeToolCall({ tool: "unheard_of" }).heading, "unheard_of");
});

test("only what was changed is sent", () => {
  const before = formOf(TASK);
  assert.deepEqual(changes(before, { ...before }), {});
  assert.deepEqual(changes(before, { ...before, title: " New " }), { title: "New" });
  assert.deepEqual(changes(before, { ...before, date: "" }), { due_date: null });
  assert.deepEqual(changes(before, { ...before, time: "" }), { due_date: "2026-03-28", timezone: dates.timeZone() });
  assert.deepEqual(changes(before, { ...before, reminders: [], recurrence: "daily" }), { reminders: [], recurrence_rule: "daily" });
  assert.deepEqual(changes(before, { ...before, description: " ", tags: "" }), { description: null, tags: [] });
  assert.deepEqual(splitTags(" #home, work,,home "), ["home", "work"]);
});

test("a problem becomes a sentence, and its fields find their places", async () => {
  const answer = (status, body, headers = {}) => problemOf(new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers }));
  const bad = await answer(422, { title: "bad body", errors: [{ field: "reminders[0].at", message: "must be a time" }, { field: "/title", message: "is too long" }] });
  assert.deepEqual(bad.fields, { reminders: "Must be a time.", title: "Is too long." });
  assert.equal((await answer(404, { detail: "there is no such task" })).message, "There is no such task.");
  assert.equal((await answer(429, {}, { "retry-after": "12" })).message, "That was a little too fast. Try again in 12 seconds.");
  assert.match((await answer(502, "<html>")).message, /Try again/);
  assert.equal((await answer(500, "")).passing, true);
});

test("the API's description becomes operations in their order, with kinds in words and commands", () => {
  const operation = (position, more = {}) => ({
    operationId: `n${position}`, tags: ["Tasks"], summary: "s", responses: { 200: { description: "Done." } }, "x-position": position, ...more,
  });
  const description = new Description({
    info: { title: "T", version: "1" },
    security: [{ bearer: [] }],
    tags: [{ name: "Tasks", description: "d" }],
    paths: {
      "/b/{id}": { put: operation(1, {
        parameters: [{ $ref: "#/components/parameters/Id" }],
        requestBody: { content: { "application/json": { schema: { $ref: "#/components/schemas/Draft" } } } },
      }) },
      "/a": { get: operation(2, { security: [] }), delete: operation(3, { security: [{ operatorKey: [] }] }) },
    },
    components: {
      parameters: { Id: { name: "id", in: "path", required: true, schema: { type: "string" }, example: "7" } },
      schemas: { Draft: { type: "object", required: ["title"], properties: { title: { type: "string", maxLength: 255, examples: ["It's"] }, more: { type: "string" } } } },
    },
  });
  const [put, get, clear] = description.groups[0].operations;
  assert.deepEqual([put.id, get.id, clear.id], ["n1", "n2", "n3"]);
  assert.deepEqual([put, get, clear].map(accessOf), ["Needs a token.", "Open to everybody.", "Needs the operator's key."]);
  assert.equal(
    commandOf(put, description, "http://here"),
    `curl -X PUT http://here/b/7 \\\n  -H "Authorization: Bearer $TOKEN" \\\n  -H "Content-Type: application/json" \\\n  -d '{"title":"It'\\''s"}'`,
  );
  assert.equal(commandOf(get, description, "http://here"), "curl http://here/a");
  assert.equal(commandOf(clear, description, "http://here"), `curl -X DELETE http://here/a \\\n  -H "X-Api-Key: $KEY"`);
  assert.equal(kindOf({ type: ["string", "null"], minLength: 1, maxLength: 255 }), "text, 1–255 characters or null");
  assert.equal(kindOf({ type: "array", items: { $ref: "#/components/schemas/Draft" } }), "list of Draft");
  assert.equal(kindOf({ anyOf: [{ $ref: "#/components/schemas/Draft" }, { type: "null" }] }), "Draft or null");
});
