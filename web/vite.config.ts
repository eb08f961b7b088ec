import { defineConfig } from "vitest/config";

export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "dist",
    target: ["chrome109", "firefox115", "safari16"],
    // The content security policy allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  test: {
    // No test measures time: on a busy machine they take as long as they take.
    testTimeout: 60_000,
    projects: [
      { extends: true, test: { name: "logic", include: ["tests/**/*.test.ts"] } },
      {
        extends: true,
        test: { name: "components", include: ["tests/**/*.test.tsx"], environment: "happy-dom" },
      },
    ],
  },
});
