import type { Logger } from 'pino'
import type { Answer } from '../ranking/batch-queues.ts'
import type { Criticality } from '../ranking/criticality.ts'
import type { RankingQuery } from '../ranking/messages.ts'
import type { RankingRejectedError } from '../ranking/rejections.ts'
import type { AnswerCache } from './answer-cache.ts'
import type { AnswerHeaders } from './answer-headers.ts'
import type { Metrics } from './metrics.ts'
import type { RejectionLog } from './rejection-log.ts'

/** What the routes need from the rest of the service. */
export interface Dependencies {
  /** Rejects with {@link RankingRejectedError} if the query is not answered. */
  rank(query: RankingQuery, criticality: Criticality): Promise<Answer>
  /** Rejects with {@link RankingRejectedError} if any query is not answered. */
  rankAll(queries: readonly RankingQuery[], criticality: Criticality): Promise<Answer[]>
  /** Resolves with the dataset version, or rejects with {@link RankingRejectedError} if queries cannot be answered. */
  check(): Promise<string>
  /** The same as {@link check}, but also rejects while the service is stopping. */
  ready(): Promise<string>
  isDraining(): boolean
  /**
   * Whether the connection of a query must be closed after its answer, so that more critical queries get connections.
   */
  isCrowded(criticality: Criticality): boolean
  /** Undefined if answers are not cached. */
  cache: AnswerCache | undefined
  answerHeaders: AnswerHeaders
  metrics: Metrics
  /** Whether the application has the route /metrics. */
  servesMetrics: boolean
  rejections: RejectionLog
  logger: Logger
}
