// Serves a constant answer with Koa and @koa/router, as in their documentation. Environment: BODY, the answer. Prints
// the port.
import Router from '@koa/router'
import Koa from 'koa'

const body = process.env.BODY ?? ''
const router = new Router()
router.get('/autocomplete', (ctx) => {
  ctx.type = 'json'
  ctx.body = body
})

const server = new Koa()
  .use(router.routes())
  .use(router.allowedMethods())
  .listen(0, '127.0.0.1', () => {
    console.log(`listening on ${server.address().port}`)
  })
