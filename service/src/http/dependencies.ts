import type { Logger } from 'pino'
import type { Answer } from '../ranking/batch-queues.ts'
import type { Criticality } from '../ranking/criticality.ts'
import type { RankingQuery } from '../ranking/messages.ts'
import { RankingRejectedError, REJECTIONS } from '../ranking/rejections.ts'
import type { AnswerCache } from './answer-cache.ts'
import type { AnswerHeaders } from './answer-headers.ts'
import { HttpError } from './errors.ts'
import type { Metrics } from './metrics.ts'
import { BadRequestError } from './query.ts'
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
  /** Whether the connection of a query must be closed after its answer, so that more critical queries get connections. */
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

/** Seconds after which a client may repeat a rejected query. */
export const RETRY_AFTER_SECONDS = '1'

/** The errors for rejected queries, created in advance because rejecting a query must be cheap. */
const REJECTED = new Map(
  REJECTIONS.map((rejection) => [
    rejection,
    new HttpError(503, rejection, 'the service cannot answer now; try again in a second'),
  ]),
)

/** Converts a failure to the error that the client gets. Counts and logs rejected queries. */
export function toHttpError(
  error: unknown,
  { logger, metrics, rejections }: Dependencies,
  criticality: Criticality = 'typed',
): HttpError {
  if (error instanceof HttpError) return error
  if (error instanceof BadRequestError) return new HttpError(400, error.code, error.message)
  if (error instanceof RankingRejectedError) {
    rejections.note(error)
    metrics.rejected(error, criticality)
    return REJECTED.get(error.rejection) as HttpError
  }
  if ((error as NodeJS.ErrnoException).code === 'ERR_INVALID_URL') return HttpError.ofStatus(400)
  logger.error({ err: error }, 'request failed')
  return HttpError.ofStatus(500)
}
