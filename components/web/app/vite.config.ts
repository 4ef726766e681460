// How the browser app is built. Nothing may be inlined into index.html: the server's content security policy allows
// scripts and styles from its own origin only.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, loadEnv } from "vite";

export default defineConfig(({ mode }) => ({
  plugins: [svelte()],
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The app, and the page about the API.
    rollupOptions: { input: ["index.html", "docs.html"] },
    reportCompressedSize: true,
  },
  // `npm run dev` takes the API from an application that runs already.
  server: { proxy: { "/api": loadEnv(mode, ".", "SIDESPIN_")["SIDESPIN_BASE_URL"] ?? "http://127.0.0.1:3000" } },
}));
