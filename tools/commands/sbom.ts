import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { readCommandLine } from '../support/command-line.ts'
import { UserError } from '../support/errors.ts'
import { inRoot } from '../support/paths.ts'
import { capture } from '../support/process.ts'
import { createProgress } from '../support/progress.ts'
import { sbomOfK6 } from './sbom-of-k6.ts'

/** The npm arguments that the service's Dockerfile uses to install the packages of its image. */
export const INSTALL = ['ci', '--omit=dev', '--workspace', 'service', '--no-audit', '--no-fund']
/** The platform of the image, for packages with a build per platform. */
const PLATFORM = ['--os=linux', '--libc=glibc']

/** Licenses that require at most attribution. */
const ALLOWED: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
])

const COMMAND_LINE = {
  script: 'sbom',
  summary: `Lists the npm packages in the image of the service: sbom.cdx.json is the list in the CycloneDX format, written by npm itself, and \
licenses.tsv has the name, version, and license of each. As in the Dockerfile, the packages \
are installed into a new folder, so npm needs its registry or its cache. The contents of the base image are not listed.

Allowed licenses: ${[...ALLOWED].join(', ')}.`,
  options: {
    out: {
      type: 'string',
      value: 'FOLDER',
      help: 'where to write the files (default dist); created if missing',
      default: relative(process.cwd(), inRoot('dist')),
    },
    k6: {
      type: 'boolean',
      help: `list the Go modules of bin/k6, the load generator, instead: k6.cdx.json and k6-licenses.tsv. bin/k6 is built if it is missing or its sources have changed. Any \
license is allowed, because no image of the chart contains bin/k6, and k6 itself is under the AGPL`,
    },
    json: {
      type: 'boolean',
      help: 'print one line {"sbom","licenses","packages","byLicense"}; use `npm run --silent sbom` to get only that line',
    },
  },
  notes: 'Exit codes: 0 done; 1 a license is not allowed, or npm failed; 2 invalid command line.',
} as const

/** The fields of a CycloneDX document that are used here. */
export interface Sbom {
  bomFormat: string
  components: Component[]
}

/** A package or module. Its license is an SPDX identifier, an SPDX expression, or free text. */
export interface Component {
  name: string
  version: string
  licenses?: { license?: { id?: string; name?: string }; expression?: string }[]
}

/** Runs `npm run sbom`. Returns the exit code. */
export async function main(args: string[], makeSbom: () => Promise<Sbom> = sbomOfImage): Promise<number> {
  const parsed = readCommandLine(COMMAND_LINE, args)
  if (!parsed) return 0
  const options = parsed.values
  const progress = createProgress()
  if (!options.k6) progress.install('installing the packages of the image')
  const sbom = await (options.k6 ? sbomOfK6(progress) : makeSbom()).finally(() => progress.end())
  const [document, list] = options.k6 ? ['k6.cdx.json', 'k6-licenses.tsv'] : ['sbom.cdx.json', 'licenses.tsv']
  const files = { sbom: join(options.out, document), licenses: join(options.out, list) }
  const { components } = sbom
  const lines = components.map((one) => `${one.name}\t${one.version}\t${licenseOf(one)}\n`).sort()
  try {
    await mkdir(options.out, { recursive: true })
    await writeFile(files.sbom, `${JSON.stringify(sbom, null, 2)}\n`)
    await writeFile(files.licenses, lines.join(''))
  } catch (error) {
    throw new UserError(`cannot write into ${options.out}: ${(error as Error).message}`)
  }
  if (!options.k6) requireAllowed(components)
  const byLicense = countByLicense(components)
  if (options.json) console.log(JSON.stringify({ ...files, packages: components.length, byLicense }))
  else {
    const counts = Object.entries(byLicense).map(([license, count]) => `${count} ${license}`)
    console.log(`${files.sbom}, ${files.licenses}: ${components.length} packages (${counts.join(', ')})`)
  }
  return 0
}

/**
 * Lists the packages of the image with npm.
 *
 * In the repository, `npm sbom --omit=dev` would leave out packages of the service that a development dependency also
 * needs, such as `@opentelemetry/api`. Therefore, npm lists the packages of a copy without development dependencies.
 * @throws {UserError} if npm fails
 */
async function sbomOfImage(): Promise<Sbom> {
  const root = await readPackage(inRoot('package.json'))
  const folder = await mkdtemp(join(tmpdir(), 'sbom-'))
  // npm uses the folder's name as the document's name.
  const project = join(folder, root.name)
  try {
    const files = ['package-lock.json', ...['.', ...root.workspaces].map((name) => join(name, 'package.json'))]
    for (const file of files) await cp(inRoot(file), join(project, file))
    await npm(project, ...INSTALL, ...PLATFORM, '--ignore-scripts', '--prefer-offline')
    for (const name of ['.', 'service']) {
      const file = join(project, name, 'package.json')
      const { devDependencies, ...rest } = await readPackage(file)
      await writeFile(file, JSON.stringify(name === '.' ? { ...rest, workspaces: ['service'] } : rest))
    }
    // List the whole project, not only the service, to include installed packages that nothing needs.
    const text = await npm(project, 'sbom', '--sbom-format=cyclonedx', '--sbom-type=application')
    // npm copies Git remotes such as git@host:path. The CycloneDX schema accepts only URLs.
    return JSON.parse(text.replaceAll(/"git@([\w.-]+):/g, '"ssh://git@$1/')) as Sbom
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The fields of a package.json that are used here. */
interface PackageJson {
  name: string
  workspaces: string[]
  devDependencies?: Record<string, string>
}

async function readPackage(file: string): Promise<PackageJson> {
  return JSON.parse(await readFile(file, 'utf8')) as PackageJson
}

/** Runs npm and returns its output. */
async function npm(cwd: string, ...args: string[]): Promise<string> {
  // On Windows, npm is a script that needs a shell. Using a shell is safe, because the arguments are constants.
  const { code, stdout, stderr } = await capture('npm', args, { cwd, shell: process.platform === 'win32' })
  if (code === 0) return stdout
  const reasons = stderr.split('\n').filter((line) => /^npm error (?!code |errno |A complete log)/.test(line))
  throw new UserError(`npm ${args[0]} failed: ${reasons[0]?.replace('npm error ', '') ?? `code ${code}`}`)
}

/** Returns the license that a package states, as an SPDX expression if possible, or `none` if it states none. */
function licenseOf({ licenses = [] }: Component): string {
  const stated = licenses.map(({ expression, license }) => expression ?? license?.id ?? license?.name ?? 'none')
  return stated.join(' AND ') || 'none'
}

function countByLicense(components: readonly Component[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const license of components.map(licenseOf).sort()) counts[license] = (counts[license] ?? 0) + 1
  return counts
}

/** @throws {UserError} naming the packages whose license is not allowed */
function requireAllowed(components: readonly Component[]): void {
  const refused = components.filter((component) => !isAllowed(licenseOf(component)))
  if (refused.length === 0) return
  const names = refused.map((component) => `${component.name} ${component.version} (${licenseOf(component)})`)
  throw new UserError(`license not allowed: ${names.join(', ')}; see --help for the allowed ones`)
}

/**
 * Whether at least one alternative of a license expression is allowed. Expressions with inner parentheses count as not
 * allowed, so that a person checks them.
 */
function isAllowed(expression: string): boolean {
  const [, plain = expression] = /^\((.*)\)$/.exec(expression) ?? []
  if (/[()]/.test(plain)) return false
  return plain.split(' OR ').some((alternative) => alternative.split(' AND ').every((id) => ALLOWED.has(id)))
}
