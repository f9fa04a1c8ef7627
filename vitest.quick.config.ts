import { defineConfig } from 'vitest/config'

/**
 * Runs tests without looking for Redis, Helm, k6, and Chromium: `npx vitest run --config vitest.quick.config.ts FILTER`.
 * Tests that need one of these programs fail.
 */
export default defineConfig({
  test: {
    include: ['{generator,service,loadtest,tools,tests,bench}/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    setupFiles: 'tools/support/property-tests.ts',
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
