import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { goTool } from '../../tools/programs/go-tools.ts'
import { UserError } from '../../tools/support/errors.ts'
import { ROOT } from '../../tools/support/paths.ts'
import { capture, findInPath, runOrThrow } from '../../tools/support/process.ts'
import { createProgress } from '../../tools/support/progress.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /**
     * `name:tag` of the image that this run has built and loaded into the cluster; empty without CLUSTER_LOAD_IMAGE.
     */
    appImage: string
    redisImage: string
    /** Like `redisImage`, with different words as data. */
    otherRedisImage: string
  }
}

const BUILDERS = ['docker', 'podman', 'buildah']
interface Image {
  name: string
  dockerfile: string
  buildArgs?: string[]
}

const IMAGES: Record<'appImage' | 'redisImage' | 'otherRedisImage', Image> = {
  appImage: { name: 'localhost/autocomplete-system', dockerfile: 'service/Dockerfile' },
  redisImage: { name: 'localhost/redis-with-data', dockerfile: 'service/redis-with-data/Dockerfile' },
  otherRedisImage: {
    name: 'localhost/redis-with-other-data',
    dockerfile: 'service/redis-with-data/Dockerfile',
    buildArgs: ['--build-arg', 'DATASET=service/data/ko-words.tsv'],
  },
}

/**
 * Checks that there is a cluster, and provides the Helm programs. If CLUSTER_LOAD_IMAGE is set, builds the images and
 * loads them into the cluster.
 */
export default async function setup(project: TestProject): Promise<void> {
  const { code, stderr } = await capture('kubectl', ['version', '--request-timeout=10s'])
  if (code !== 0) throw new UserError(`the cluster in KUBECONFIG does not respond: ${stderr.trim().split('\n').at(-1)}`)
  const progress = createProgress()
  project.provide('helm', await goTool('helm', progress))
  project.provide('helm4', await goTool('helm4', progress))
  const load = process.env.CLUSTER_LOAD_IMAGE?.split(' ').filter((word) => word !== '') ?? []
  for (const [key, image] of Object.entries(IMAGES) as [keyof typeof IMAGES, Image][]) {
    if (load.length === 0) project.provide(key, '')
    else {
      progress.step(`building ${image.name}`)
      project.provide(key, await buildAndLoad(image, load))
    }
  }
  progress.end()
}

async function buildAndLoad({ name, dockerfile, buildArgs = [] }: Image, [loader, ...args]: string[]): Promise<string> {
  // Use a new tag. Otherwise, the kubelet would keep using an older image with the same tag.
  const image = `${name}:test-${process.pid}`
  const folder = await mkdtemp(join(tmpdir(), 'image-'))
  const archive = join(folder, `${name.split('/').at(-1)}.tar`)
  try {
    const builder = await findBuilder()
    if (builder === 'buildah') {
      await runOrThrow(builder, ['bud', '--isolation', 'chroot', '-f', dockerfile, ...buildArgs, '-t', image, '.'], {
        cwd: ROOT,
      })
      await runOrThrow(builder, ['push', image, `oci-archive:${archive}:${image}`])
    } else {
      await runOrThrow(builder, ['build', '-f', dockerfile, ...buildArgs, '-t', image, '.'], { cwd: ROOT })
      await runOrThrow(builder, ['save', '-o', archive, image])
    }
    await runOrThrow(loader as string, [...args, archive], { cwd: ROOT })
    return image
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function findBuilder(): Promise<string> {
  for (const name of BUILDERS) {
    // A docker command whose daemon is not running cannot build images.
    if ((await findInPath(name)) && (await capture(name, ['info'])).code === 0) return name
  }
  throw new UserError(`building the images requires one of ${BUILDERS.join(', ')}, but none of them works here`)
}
