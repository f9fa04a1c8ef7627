import { writeTitles } from './bench/catalogue/titles.ts'
import { probeIndex } from './bench/catalogue/probe.ts'
import { datasetBytes } from './bench/growth/measure.ts'
import { withStack } from './bench/with-stack.ts'
import { NO_PROGRESS } from './progress.ts'
for (const n of [200_000, 1_000_000]) {
  await writeTitles('/tmp/titles.jsonl', n)
  await withStack({ progress: NO_PROGRESS, onLine: console.log, signal: new AbortController().signal }, { RANKING_THREADS: 1 }, async (stack) => {
    const p = await probeIndex({ url: stack.redis[0] as string, version: stack.version })
    console.log(n, stack.entries, (await datasetBytes(stack)) / stack.entries, p.indexBytes / stack.entries, p.loadingBytes / stack.entries, p.loadMs)
  }, '/tmp/titles.jsonl')
}
