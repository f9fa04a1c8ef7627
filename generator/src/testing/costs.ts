import type { Costs } from '../capacity/costs.ts'

/** Costs in round numbers, so that a new measurement does not change test results. */
export const COSTS: Costs = {
  measured: {
    date: '2026-01-01',
    machine: 'a machine, 2 CPUs',
    os: 'Linux',
    node: '20',
    redis: '7',
    nginx: '1',
    client: 'wrk',
    rounds: 1,
    entries: 100_000,
  },
  load: [
    {
      requestsPerSecond: 500,
      appMicros: 600,
      mainThreadMicros: 360,
      redisMicros: 40,
      ingressMicros: 80,
      p50Ms: 1,
      p99Ms: 4,
    },
    {
      requestsPerSecond: 2000,
      appMicros: 250,
      mainThreadMicros: 150,
      redisMicros: 20,
      ingressMicros: 60,
      p50Ms: 1,
      p99Ms: 3,
    },
    {
      requestsPerSecond: 4000,
      appMicros: 170,
      mainThreadMicros: 102,
      redisMicros: 10,
      ingressMicros: 50,
      p50Ms: 1,
      p99Ms: 5,
    },
    {
      requestsPerSecond: 8000,
      appMicros: 120,
      mainThreadMicros: 75,
      redisMicros: 7,
      ingressMicros: 45,
      p50Ms: 1,
      p99Ms: 9,
    },
  ],
  memory: {
    httpProcessBytes: 75_000_000,
    rankingThreadBytes: 30_000_000,
    httpConnectionBytes: 10_000,
    appEntryBytes: 60,
    appLoadingBytes: 60,
    redisBaseBytes: 8_000_000,
    redisEntryBytes: 30,
    redisClientBytes: 20_000,
  },
}
