// Runs a command of the project: `node tools/run.mjs <command> [arguments]`, as the scripts of package.json do.
// Plain JavaScript without packages, because it is what installs them.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const MIN_NODE = [20, 19]

/** Ends with one line on standard error. */
function fail(message) {
  console.error(message)
  process.exit(1)
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < MIN_NODE[0] || (major === MIN_NODE[0] && minor < MIN_NODE[1])) {
    fail(`Node.js ${MIN_NODE.join('.')} or newer is needed, this is ${process.versions.node}: see https://nodejs.org`)
  }
}

/** Installs the npm packages, unless npm's own record of them is as new as the lockfile. */
function installPackages() {
  const record = `${ROOT}node_modules/.package-lock.json`
  if (existsSync(record) && statSync(record).mtimeMs >= statSync(`${ROOT}package-lock.json`).mtimeMs) return
  if (process.stderr.isTTY) console.error('installing the npm packages …')
  const { status, error } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
    // On Windows npm is a script that only a shell can start; the arguments are constants.
    shell: process.platform === 'win32',
  })
  if (error || status !== 0)
    fail(`npm ci failed${error ? `: ${error.message}` : ''}; without the npm packages nothing runs`)
}

checkNode()
installPackages()

const { register } = await import('tsx/esm/api')
register()
const [command, ...args] = process.argv.slice(2)
const { runCommand } = await import('./src/commands.ts')
await runCommand(command, args)
