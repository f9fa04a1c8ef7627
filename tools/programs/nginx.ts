import { mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../service/src/testing/free-port.ts'
import { Child } from '../support/child.ts'
import { UserError } from '../support/errors.ts'
import { inRoot } from '../support/paths.ts'
import { capture, findInPath, isExecutable } from '../support/process.ts'
import type { Progress } from '../support/progress.ts'
import { canInstallDebianPackages, howToInstall, unpackDebianPackage } from './debian.ts'

const HOST = '127.0.0.1'
const SYSTEM_NGINX = '/usr/sbin/nginx'
const UNPACKED = inRoot('.tools', 'nginx')

/**
 * Finds nginx in PATH or in Debian's folder, or else unpacks Debian's package if this process is root on Debian or
 * Ubuntu. The package is unpacked and not installed, because an installation would start a system service on port 80.
 * @throws {UserError} with installation instructions
 */
export async function findNginx(progress: Progress): Promise<string> {
  const unpacked = join(UNPACKED, SYSTEM_NGINX)
  for (const file of [await findInPath('nginx'), SYSTEM_NGINX, unpacked]) {
    if (file && (await isExecutable(file))) return file
  }
  if (await canInstallDebianPackages()) {
    progress.install('unpacking nginx')
    await unpackDebianPackage('nginx', UNPACKED)
    // Check that the unpacked program starts, because it may lack a library.
    if ((await capture(unpacked, ['-v']).catch(() => undefined))?.code === 0) return unpacked
  }
  throw new UserError(`nginx is missing; ${howToInstall('nginx')}`)
}

export interface Nginx {
  url: string
  /** Process id of the master process, which is the parent of the worker. */
  pid: number
  stop(): Promise<void>
}

/**
 * Starts nginx in front of a server, with keep-alive connections as in ingress-nginx.
 * @param upstream host and port
 * @param folder for nginx's files
 * @param headers headers that nginx adds to the requests that it forwards
 */
export function startNginx(
  nginx: string,
  upstream: string,
  folder: string,
  signal: AbortSignal,
  headers: Record<string, string> = {},
): Promise<Nginx> {
  const added = Object.entries({ Connection: '""', Host: '$host', ...headers })
  const http = (listen: string) => `
  upstream app {
    server ${upstream};
    keepalive 1000;
    keepalive_requests 10000;
  }
  server {
    listen ${listen};
    location / {
      proxy_pass http://app;
      proxy_http_version 1.1;
      ${added.map(([name, value]) => `proxy_set_header ${name} ${value};`).join('\n      ')}
      proxy_buffering on;
    }
  }`
  return startNginxWith(nginx, http, folder, signal)
}

/**
 * Starts nginx with one worker on a free port of the loopback interface.
 * @param http gets the address and port for `listen`, and returns the directives of the block `http`
 * @param folder for nginx's files
 * @throws {Error} if nginx rejects the configuration
 */
export async function startNginxWith(
  nginx: string,
  http: (listen: string) => string,
  folder: string,
  signal: AbortSignal,
): Promise<Nginx> {
  const prefix = await mkdtemp(join(folder, 'nginx-'))
  const listen = `${HOST}:${await freePort()}`
  const config = join(prefix, 'nginx.conf')
  await writeFile(config, nginxConfig(http(listen)))
  const child = new Child('nginx', nginx, ['-p', prefix, '-c', config, '-e', 'stderr'])
  await child.ready(child.line(/start worker process \d+/, signal))
  return { url: `http://${listen}`, pid: child.pid, stop: () => child.stop() }
}

function nginxConfig(http: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`)
  return `
daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr notice;
${process.getuid?.() === 0 ? 'user root root;' : ''}
events { worker_connections 8192; }
http {
  ${temporary.join(' ')}
  access_log off;
  keepalive_requests 1000000;
  ${http}
}
`
}
