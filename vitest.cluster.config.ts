import { defineConfig } from 'vitest/config'

/** The tests of `npm run test:cluster`, which need the cluster that KUBECONFIG names. */
export default defineConfig({
  test: {
    include: ['tests/cluster/*.cluster.ts'],
    globalSetup: 'tests/cluster/setup.ts',
    // The tests share one cluster and compete for its CPUs and memory.
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
})
