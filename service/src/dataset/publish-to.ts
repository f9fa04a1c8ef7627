/** Publishes a dataset to the Redis server at a URL, and explains failures. */
import { Redis } from 'ioredis'
import type { Dataset } from './build.ts'
import { DatasetError } from './dataset-error.ts'
import { LOCK_MS, type PublishOptions, publishDataset } from './publish.ts'
import { explainPublishError } from './publish-errors.ts'

/**
 * Publishes a dataset with {@link publishDataset}. Takes the user and the password from the URL or from the environment
 * variables REDIS_USERNAME and REDIS_PASSWORD.
 * @param url the address of Redis, `redis://HOST:PORT` or `rediss://HOST:PORT`
 * @throws {DatasetError} if Redis cannot be reached or rejects a command
 * @throws the reason of the signal if the signal is aborted before the switch
 */
export async function publishTo(url: string, dataset: Dataset, options: PublishOptions): Promise<void> {
  const address = new URL(url)
  const username = decodeURIComponent(address.username) || process.env.REDIS_USERNAME
  const password = decodeURIComponent(address.password) || process.env.REDIS_PASSWORD
  // If the URL has only a user name, ioredis would use an empty password instead of the option `password`.
  Object.assign(address, { username: '', password: '' })
  const redis = new Redis(address.href, {
    ...(username && { username }),
    ...(password && { password }),
    lazyConnect: true,
    retryStrategy: null,
    // Longer waits are useless, because the publisher's lock expires after this time.
    commandTimeout: LOCK_MS,
  })
  let failure: Error | undefined
  redis.on('error', (error: Error) => {
    failure = error
  })
  try {
    await redis.connect()
    await publishDataset(redis, dataset, options)
  } catch (error) {
    options.signal?.throwIfAborted()
    // Prefer the reported error, because the rejected promise may say only that the connection is closed.
    const reason = explainPublishError(failure ?? (error as Error), Boolean(password))
    throw new DatasetError(`cannot publish to ${address.host}: ${reason}`)
  } finally {
    redis.disconnect()
  }
}
