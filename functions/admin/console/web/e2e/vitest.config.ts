import { defineConfig } from "vitest/config";

/** Tests in a browser, on a running stack. They share its demo, so one file runs after another. */
export default defineConfig({
  test: {
    include: ["e2e/**/*.e2e.ts"],
    environment: "node",
    fileParallelism: false,
    testTimeout: 90_000,
    hookTimeout: 60_000,
  },
});
