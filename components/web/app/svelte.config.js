// Every component is in runes mode, so that a forgotten rune is a compile error.
/** @type {import("@sveltejs/vite-plugin-svelte").SvelteConfig} */
export default { compilerOptions: { runes: true } };
