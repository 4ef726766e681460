// The official TypeScript SDKs of the Model Context Protocol against the running application.
//
// Environment: SIDESPIN_BASE_URL (where the app runs), MCP_TOKEN and MCP_READ_TOKEN (personal API tokens of one user with all
// scopes, and with `tasks:read` alone). Each client adds tasks of its own, so that the tests may run in any order.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Client as PresentClient, StreamableHTTPClientTransport as PresentTransport } from "@modelcontextprotocol/client";
import { Client as EarlierClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as EarlierTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const TOOLS = [
  "add_task",
  "list_tasks",
  "complete_task",
  "delete_task",
  "update_task",
  "search_tasks",
  "set_reminder",
  "get_stats",
  "get_task",
  "bulk_tasks",
  "undo",
  "skip_occurrence",
  "end_series",
];
const IDENTITY = { name: "todo-chatbot-tests", version: "1.0.0" };

const url = new URL("/mcp", required("SIDESPIN_BASE_URL"));
const token = required("MCP_TOKEN");
const readToken = required("MCP_READ_TOKEN");

/** The clients: how each is made, and what it should agree on with the server. */
const clients = [
  {
    name: "@modelcontextprotocol/sdk",
    version: "2025-11-25",
    make: () => new EarlierClient(IDENTITY),
    Transport: EarlierTransport,
  },
  {
    name: "@modelcontextprotocol/client with a handshake",
    version: "2025-11-25",
    make: () => new PresentClient(IDENTITY),
    Transport: PresentTransport,
  },
  {
    name: "@modelcontextprotocol/client without a handshake",
    version: "2026-07-28",
    make: () => new PresentClient(IDENTITY, { versionNegotiation: { mode: { pin: "2026-07-28" } } }),
    Transport: PresentTransport,
  },
  {
    name: "@modelcontextprotocol/client that finds out",
    version: "2026-07-28",
    make: () => new PresentClient(IDENTITY, { versionNegotiation: { mode: "auto" } }),
    Transport: PresentTransport,
  },
];

for (const { name, version, make, Transport } of clients) {
  describe(name, () => {
    /** Connects, and disconnects after `story`. */
    async function connected(bearer, story) {
      const versions = new Set();
      const watched = (input, init) => {
        const said = new Headers(init?.headers).get("mcp-protocol-version");
        if (said !== null) versions.add(said);
        return fetch(input, init);
      };
      const headers = bearer === null ? {} : { authorization: `Bearer ${bearer}` };
      const client = make();
      await client.connect(new Transport(url, { requestInit: { headers }, fetch: watched }));
      try {
        await story(client);
      } finally {
        await client.close();
      }
      assert.deepEqual([...versions], [version]);
    }

    /** A call that goes well; the SDK checks the result by the tool's output schema. */
    async function done(client, tool, args) {
      const result = await client.callTool({ name: tool, arguments: args });
      assert.ok(!result.isError, JSON.stringify(result));
      assert.deepEqual(JSON.parse(result.content[0].text), result.structuredContent);
      return result.structuredContent;
    }

    test("knows whom it speaks to, and lists the tools", () =>
      connected(token, async (client) => {
        assert.equal(client.getServerVersion()?.name, "todo-chatbot");
        const { tools } = await client.listTools();
        assert.deepEqual(
          tools.map((tool) => tool.name),
          TOOLS,
        );
        const deletes = tools.find((tool) => tool.name === "delete_task");
        assert.equal(deletes.annotations.destructiveHint, true);
      }));

    test("calls every tool", () =>
      connected(token, async (client) => {
        await client.listTools();
        const word = crypto.randomUUID();
        const before = await done(client, "get_stats", {});
        const made = await done(client, "add_task", { title: `Call ${word}`, priority: "high", due_date: "2030-03-01", tags: [word] });
        const { task_id } = made;
        assert.deepEqual(made, { task_id, status: "created", title: `Call ${word}`, changed: true });
        assert.equal((await done(client, "update_task", { task_id, title: `Write to ${word}` })).status, "updated");
        assert.equal((await done(client, "set_reminder", { task_id, before: "1d" })).status, "reminder_set");
        assert.deepEqual(
          (await done(client, "search_tasks", { query: word })).tasks.map((task) => task.title),
          [`Write to ${word}`],
        );
        assert.equal((await done(client, "list_tasks", { status: "pending", tag: word })).count, 1);
        assert.equal((await done(client, "complete_task", { task_id })).changed, true);
        assert.equal((await done(client, "complete_task", { task_id })).changed, false);
        const after = await done(client, "get_stats", {});
        assert.deepEqual([after.total - before.total, after.completed - before.completed], [1, 1]);
        assert.equal((await done(client, "delete_task", { task_id })).status, "deleted");
        assert.equal((await done(client, "search_tasks", { query: word })).count, 0);
      }));

    test("is told what is wrong with a call", () =>
      connected(token, async (client) => {
        for (const [tool, args, says] of [
          ["complete_task", { task_id: 999_999 }, /no task 999999/],
          ["add_task", { title: "" }, /`title`/],
          ["list_tasks", { user_id: "somebody-else" }, /`user_id`/],
        ]) {
          const result = await client.callTool({ name: tool, arguments: args });
          assert.equal(result.isError, true);
          assert.match(result.content[0].text, says);
        }
        await assert.rejects(client.callTool({ name: "drop_table", arguments: {} }), { code: -32602 });
      }));

    test("reads a task as a resource", () =>
      connected(token, async (client) => {
        const title = `Read ${crypto.randomUUID()}`;
        const { task_id } = await done(client, "add_task", { title });
        const uri = `task://${task_id}`;
        const { resources } = await client.listResources();
        assert.equal(resources.find((resource) => resource.uri === uri).title, title);
        const { resourceTemplates } = await client.listResourceTemplates();
        assert.equal(resourceTemplates[0].uriTemplate, "task://{number}");
        const { contents } = await client.readResource({ uri });
        assert.equal(contents[0].mimeType, "application/json");
        assert.equal(JSON.parse(contents[0].text).title, title);
        await assert.rejects(client.readResource({ uri: "task://999999" }));
        await done(client, "delete_task", { task_id });
      }));

    test("gets prompts, and the completion of their arguments", () =>
      connected(token, async (client) => {
        const { prompts } = await client.listPrompts();
        assert.deepEqual(
          prompts.map((prompt) => prompt.name),
          ["plan_day", "weekly_review", "break_down_task"],
        );
        const { task_id } = await done(client, "add_task", { title: "Paint the house" });
        const number = String(task_id);
        const { messages } = await client.getPrompt({ name: "break_down_task", arguments: { task_id: number } });
        assert.deepEqual(
          messages.map((message) => message.content.type),
          ["text", "resource"],
        );
        assert.equal(JSON.parse(messages[1].content.resource.text).title, "Paint the house");
        const { completion } = await client.complete({
          ref: { type: "ref/prompt", name: "break_down_task" },
          argument: { name: "task_id", value: number },
        });
        assert.ok(completion.values.includes(number));
        await assert.rejects(client.getPrompt({ name: "nothing" }), { code: -32602 });
        await done(client, "delete_task", { task_id });
      }));

    test("writes nothing with a token that only reads", () =>
      connected(readToken, async (client) => {
        await done(client, "list_tasks", {});
        const result = await client.callTool({ name: "add_task", arguments: { title: "Not mine to add" } });
        assert.equal(result.isError, true);
        assert.match(result.content[0].text, /`tasks:write`/);
        assert.equal((await done(client, "search_tasks", { query: "Not mine to add" })).count, 0);
      }));

    test("is not let in without a token, or with a wrong one", async () => {
      for (const wrong of [null, "todo_pat_wrong"]) {
        await assert.rejects(connected(wrong, async (client) => client.listTools()));
      }
    });
  });
}

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; run \`cargo xtask test --only e2e\``);
  return value;
}
