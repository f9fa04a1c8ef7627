import type { Bound } from './admission.ts'

/** Why a query was rejected. The client gets status 503 in each case. */
export const REJECTIONS = ['overloaded', 'timeout', 'unavailable', 'stopping'] as const
export type Rejection = (typeof REJECTIONS)[number]

/** Thrown for a query that is not answered. */
export class RankingRejectedError extends Error {
  override name = 'RankingRejectedError'
  readonly rejection: Rejection
  /** The reason in metrics: the limit that was reached or, if there is none, the rejection. */
  readonly reason: Exclude<Rejection, 'overloaded'> | Bound

  constructor(rejection: Exclude<Rejection, 'overloaded'>, message: string)
  constructor(rejection: 'overloaded', message: string, bound: Bound)
  constructor(rejection: Rejection, message: string, bound?: Bound) {
    super(message)
    this.rejection = rejection
    this.reason = bound ?? (rejection as Exclude<Rejection, 'overloaded'>)
  }
}

/** One error per limit, created in advance because rejecting a query must be cheap. */
export const OVERLOADED: Readonly<Record<Bound, RankingRejectedError>> = {
  pending: new RankingRejectedError('overloaded', 'too many queries are waiting', 'pending'),
  wait: new RankingRejectedError('overloaded', 'a query would wait too long', 'wait'),
  event_loop: new RankingRejectedError('overloaded', 'the event loop is delayed too much', 'event_loop'),
}

/** Returns the error for queries that the service no longer answers because it is stopping. */
export const stoppingError = () => new RankingRejectedError('stopping', 'the service is stopping')

/** Returns the error for queries that were not answered in time. */
export const timeoutError = (milliseconds: number) =>
  new RankingRejectedError('timeout', `no answer within ${milliseconds} ms`)
