import preact from "@preact/preset-vite";
import { defineConfig } from "vitest/config";

// `npm run dev` passes calls on to a running venue: steelyard serve --port 8700.
const venue = "http://127.0.0.1:8700";

export default defineConfig({
  base: "./",
  plugins: [preact({ devToolsEnabled: false })],
  build: { outDir: "../src/steelyard/terminal", emptyOutDir: true, target: "es2022", sourcemap: false,
           reportCompressedSize: true, modulePreload: { polyfill: false } },
  server: { proxy: { "/api": venue, "/ws": { target: venue, ws: true } } },
  test: { include: ["test/**/*.test.ts"], environment: "node" },
});
