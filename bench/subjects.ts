import { catalog } from './catalog/catalog.ts'
import { comparison } from './comparison/comparison.ts'
import { costs } from './costs.ts'
import { guard } from './guard.ts'
import type { Subject } from './harness.ts'
import { loadgen } from './loadgen/loadgen.ts'
import { overload } from './overload/overload.ts'
import { peers } from './peers/peers.ts'
import { posts } from './posts.ts'
import { quality } from './quality/quality.ts'
import { tail } from './tail.ts'

/** Everything that `npm run bench` measures, in the order of `--help`. */
export const SUBJECTS = [comparison, tail, costs, catalog, peers, quality, loadgen, overload, posts, guard].map(
  (subject) => subject as unknown as Subject,
)
