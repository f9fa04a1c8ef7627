import { readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildK6 } from '../programs/go-tools.ts'
import { runOrThrow } from '../support/process.ts'
import type { Progress } from '../support/progress.ts'
import type { Component, Sbom } from './sbom.ts'

/** A module in the list that Go stores in a program. */
interface GoModule {
  Path: string
  Version: string
  /** The module's replacement. If it has no version, its path is a local folder. */
  Replace?: { Path: string; Version?: string }
}

/**
 * SPDX identifiers of licenses, each with a phrase from the text of the license. Go modules do not name their license,
 * and one file may contain several licenses.
 */
const TEXTS: readonly [id: string, text: RegExp][] = [
  ['AGPL-3.0-only', /GNU AFFERO GENERAL PUBLIC LICENSE/],
  ['Apache-2.0', /Apache License,? Version 2\.0/],
  ['BSD-2-Clause', /Redistributions of source code must retain(?!.*Neither the name)/],
  ['BSD-3-Clause', /Redistributions of source code must retain.*Neither the name/],
  ['ISC', /Permission to use, copy, modify, and(?:\/or)? distribute/],
  ['MIT', /Permission is hereby granted, free of charge/],
  ['MPL-2.0', /Mozilla Public License/],
]

/**
 * Lists the Go modules of `bin/k6` and Go's standard library, with the licenses whose texts they contain. A module that
 * contains no known license text is listed without a license. `bin/k6` is built if it is missing or its sources
 * have changed.
 * @throws {UserError} if Go is missing or fails
 */
export async function sbomOfK6(progress: Progress): Promise<Sbom> {
  const program = await buildK6(progress)
  progress.install('downloading the Go modules of k6')
  const { stdout } = await runOrThrow('go', ['version', '-m', '-json', program])
  const { GoVersion, Deps } = JSON.parse(stdout) as { GoVersion: string; Deps: GoModule[] }
  const folders = await foldersOf(Deps.map(({ Replace, ...module }) => Replace ?? module))
  const modules = await Promise.all(
    Deps.map(async ({ Path, Version }, at) => component(Path, Version, await licensesIn(folders[at] as string))),
  )
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { component: { type: 'application', name: 'k6', 'bom-ref': 'k6' } },
    components: [component('stdlib', GoVersion.replace(/^go/, ''), ['BSD-3-Clause']), ...modules],
  } as Sbom
}

function component(name: string, version: string, ids: readonly string[]): Component {
  const purl = `pkg:golang/${name}@${encodeURIComponent(version)}`
  const licenses = ids.map((id) => ({ license: { id } }))
  return { type: 'library', name, version, 'bom-ref': purl, purl, licenses } as Component
}

/** Returns the folders with the sources of modules. Modules that are not in Go's cache are downloaded. */
async function foldersOf(modules: readonly { Path: string; Version?: string }[]): Promise<string[]> {
  const isFolder = ({ Path }: { Path: string }) => Path.startsWith('.') || Path.startsWith('/') || /^[A-Z]:/i.test(Path)
  const published = modules.filter((module) => !isFolder(module)).map(({ Path, Version }) => `${Path}@${Version}`)
  // Run outside of any Go module, because a go.mod file would have to list these modules.
  const { stdout } = await runOrThrow('go', ['mod', 'download', '-json', ...published], { cwd: tmpdir() })
  const downloaded = JSON.parse(`[${stdout.replaceAll(/^}\n(?={)/gm, '},\n')}]`) as { Path: string; Dir: string }[]
  const folders = new Map(downloaded.map(({ Path, Dir }) => [Path, Dir]))
  return modules.map(({ Path }) => folders.get(Path) ?? Path)
}

/** Returns the licenses whose texts are in a module's folder. */
async function licensesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && /^(licen[cs]e|copying)/i.test(entry.name))
  const texts = await Promise.all(files.map(({ name }) => readFile(join(folder, name), 'utf8')))
  const plain = texts.map((text) => text.replaceAll(/\s+/g, ' '))
  return TEXTS.filter(([, known]) => plain.some((text) => known.test(text))).map(([id]) => id)
}
