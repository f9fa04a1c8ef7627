import { defineConfig } from 'vitest/config'

/** Runs tests that need no other programs, without setting those up: `npx vitest run --config vitest.quick.config.ts FILTER`. */
export default defineConfig({
  test: {
    include: ['{generator,service,loadtest,tools,tests,bench}/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    setupFiles: 'tools/support/property-tests.ts',
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
