// A ranking thread of break-even-server.mjs. Its data is the port of Redis.
import { workerData } from 'piscina'
import { answer, connect } from './ranking.mjs'

const redis = connect(workerData)

export default (keys) => answer(redis, keys)
