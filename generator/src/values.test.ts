import { describe, expect, it } from 'vitest'
import { merge } from './merge.ts'
import { containerPortOf, type DeepPartial, defaultValues, type Values } from './values.ts'

describe('the port of a container', () => {
  it.each<[DeepPartial<Values>, number, number]>([
    [{}, 8000, 6379],
    [{ app: { service: { port: 9000 } }, redis: { service: { port: 6380 } } }, 9000, 6380],
    [{ app: { service: { port: 80 } }, redis: { service: { port: 1023 } } }, 8000, 6379],
    [{ app: { service: { port: 1024 } } }, 1024, 6379],
    [{ app: { service: { port: 80 }, containerPort: 8080 }, redis: { containerPort: 7000 } }, 8080, 7000],
  ])('with %j is %d for the app and %d for Redis', (over, app, redis) => {
    const values = merge<Values>(defaultValues, over)
    expect([containerPortOf(values, 'app'), containerPortOf(values, 'redis')]).toEqual([app, redis])
  })
})
