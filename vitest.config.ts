import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{generator,service,loadtest,tools,tests,bench}/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    globalSetup: 'tools/support/test-setup.ts',
    // Real servers start in many of the tests, on machines that may be busy.
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
