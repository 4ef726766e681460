// Loads a module of the app as Vite compiles it, so that its logic can be tested without a browser.
import { after } from "node:test";
import { createServer } from "vite";

const vite = await createServer({ appType: "custom", logLevel: "error", server: { middlewareMode: true, hmr: false, ws: false } });
after(() => vite.close());

export const load = (path) => vite.ssrLoadModule(`/src/${path}`);
