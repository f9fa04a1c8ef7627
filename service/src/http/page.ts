import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import type Router from '@koa/router'

const FOLDER = new URL('../../public/', import.meta.url)
/** Blocks inline scripts and styles, and prevents scripts from turning text into markup. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

/** Adds a route for each file in the page's folder. `index.html` is served at `/`. */
export function addPageRoutes(router: Router): void {
  for (const name of readdirSync(FOLDER)) {
    const body = readFileSync(new URL(name, FOLDER))
    const etag = createHash('sha256').update(body).digest('hex').slice(0, 16)
    router.get(name === 'index.html' ? '/' : `/${name}`, (ctx) => {
      // By its extension, .d.ts would be served as an MPEG transport stream.
      ctx.type = name.endsWith('.d.ts') ? 'text/plain' : extname(name)
      ctx.etag = etag
      ctx.set('Cache-Control', 'no-cache')
      ctx.set('Content-Security-Policy', POLICY)
      ctx.set('X-Content-Type-Options', 'nosniff')
      ctx.status = 200
      if (ctx.fresh) ctx.status = 304
      else ctx.body = body
    })
  }
}
