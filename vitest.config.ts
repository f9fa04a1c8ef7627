import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/** Suites that take minutes: `npm run test:all` runs them, `npm test` only if a pattern names them. */
const SLOW = [
  'bench/subjects.test.ts',
  'tests/{locust,openapi,operations}/*.test.ts',
  'tests/{page,embedding,loadtest,chart-names,chart-umbrella,chart-yaml,ingress-limits}.test.ts',
  'tools/commands/start.test.ts',
  'service/src/dataset/publish.test.ts',
  'tests/chaos/{chaos,crossing}.test.ts',
  '{generator,service,loadtest,tools,tests}/**/*.{fuzz,property}.test.ts',
]
const { TEST_SUITES = 'all' } = process.env

export default defineConfig({
  test: {
    include: TEST_SUITES === 'slow' ? SLOW : ['{generator,service,loadtest,tools,tests,bench}/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', ...(TEST_SUITES === 'fast' ? SLOW : [])],
    globalSetup: 'tools/support/test-setup.ts',
    setupFiles: 'tools/support/property-tests.ts',
    // Many tests wait for servers most of the time. The default would leave one CPU free.
    maxWorkers: availableParallelism() + 1,
    // Real servers start in many of the tests, on machines that may be busy.
    testTimeout: 180_000,
    hookTimeout: 300_000,
  },
})
