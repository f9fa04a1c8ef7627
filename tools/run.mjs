// Runs a command of the project. The scripts in package.json call it as `node tools/run.mjs <command> [arguments]`.
// This file is plain JavaScript and uses no packages, because it installs the packages.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, realpathSync, rmSync, statSync, utimes } from 'node:fs'
import { constants } from 'node:os'
import { dirname, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const IS_WINDOWS = process.platform === 'win32'
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']
/** The minimum version of Node.js for npm and this file. */
const MIN_NODE = [20, 19]
/** The minimum major version of Node.js for running the commands on platforms without a pinned Node.js. */
const MIN_MAJOR_WITHOUT_PINNED = 22
/**
 * The Node.js that tools/package.json pins. `npm run` puts it first in PATH. There is no pinned Node.js for macOS or
 * Alpine Linux.
 */
const PINNED_NODE = `${ROOT}node_modules/node-${IS_WINDOWS ? 'win' : process.platform}-${process.arch}/bin/node${IS_WINDOWS ? '.exe' : ''}`

/** npm's record of the packages that it has installed. npm writes it last. */
const RECORD = `${ROOT}node_modules/.package-lock.json`
/** A folder that exists while a command installs the packages. That command updates the folder's time every second. */
const INSTALL_LOCK = `${ROOT}.tools/npm-ci.lock`
/** Time after which a lock counts as abandoned, for example because its command was killed. */
const ABANDONED_LOCK_MS = 10_000

/** Prints one line to standard error, and exits with code 1. */
function fail(message) {
  console.error(message)
  process.exit(1)
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < MIN_NODE[0] || (major === MIN_NODE[0] && minor < MIN_NODE[1])) {
    fail(
      `Node.js ${MIN_NODE.join('.')} or newer is needed, but this is ${process.versions.node}: see https://nodejs.org`,
    )
  }
}

const areInstalled = () =>
  existsSync(RECORD) && statSync(RECORD).mtimeMs >= statSync(`${ROOT}package-lock.json`).mtimeMs

/**
 * Waits until no other command installs the packages, and locks them. Two npm processes would delete each other's files.
 * @returns a function that releases the lock
 */
async function lockPackages() {
  const release = () => rmSync(INSTALL_LOCK, { recursive: true, force: true })
  for (let attempt = 0; ; attempt++) {
    try {
      mkdirSync(dirname(INSTALL_LOCK), { recursive: true })
      mkdirSync(INSTALL_LOCK)
      break
    } catch (error) {
      if (error.code !== 'EEXIST') fail(`cannot install the npm packages: ${error.message}`)
    }
    if (attempt === 0) console.error('waiting for another command, which is installing the npm packages …')
    const { mtimeMs } = statSync(INSTALL_LOCK, { throwIfNoEntry: false }) ?? {}
    if (mtimeMs < Date.now() - ABANDONED_LOCK_MS) release()
    else await sleep(200)
  }
  const refresh = setInterval(() => utimes(INSTALL_LOCK, new Date(), new Date(), () => {}), 1000)
  process.once('exit', release)
  return () => {
    clearInterval(refresh)
    process.off('exit', release)
    release()
  }
}

/**
 * Installs the npm packages, unless npm's record of installed packages is as new as the lockfile. After a first Ctrl-C,
 * this waits for npm, because an incomplete installation does not work. A second Ctrl-C stops npm, and the next command
 * installs the packages again.
 */
async function installPackages() {
  if (areInstalled()) return
  const release = await lockPackages()
  // The command that held the lock may have installed the packages.
  if (!areInstalled()) await runNpm()
  release()
}

async function runNpm() {
  console.error('installing the npm packages …')
  // Without npm's record, the next command installs the packages again.
  rmSync(RECORD, { force: true })
  let interrupted
  const onSignal = (signal) => {
    // npm does not end at a first SIGTERM if its registry does not answer.
    if (interrupted && child.pid) process.kill(IS_WINDOWS ? child.pid : -child.pid, 'SIGKILL')
    else console.error('waiting for npm ci to finish; interrupt again to stop it')
    interrupted = signal
  }
  // Add the listeners before npm starts. Otherwise, an early signal would terminate this process, but not npm.
  for (const signal of SIGNALS) process.on(signal, onSignal)
  const child = spawn('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
    // On Windows, npm is a script that needs a shell. Using a shell is safe, because the arguments are constants.
    shell: IS_WINDOWS,
    // Use a separate process group, because a terminal sends Ctrl-C to the whole process group.
    detached: !IS_WINDOWS,
  })
  const failure = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code) => resolve(code === 0 ? undefined : `it ended with ${code ?? 'a signal'}`))
  })
  for (const signal of SIGNALS) process.off(signal, onSignal)
  if (interrupted) process.exit(128 + constants.signals[interrupted])
  if (failure) fail(`npm ci failed: ${failure}; nothing runs without the npm packages`)
}

/**
 * Runs this file again with the pinned Node.js and exits with the same code, unless the pinned Node.js already runs it.
 * The first command of a fresh clone starts before npm has installed that Node.js.
 */
async function continueWithPinnedNode() {
  if (!existsSync(PINNED_NODE)) {
    if (Number.parseInt(process.versions.node, 10) >= MIN_MAJOR_WITHOUT_PINNED) return
    fail(
      `Node.js ${MIN_MAJOR_WITHOUT_PINNED} or newer is needed on this platform, but this is ${process.versions.node}`,
    )
  }
  if (realpathSync(PINNED_NODE) === realpathSync(process.execPath)) return
  // A terminal sends Ctrl-C to both processes, but `kill` signals only this one.
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal))
  const child = spawn(PINNED_NODE, process.argv.slice(1), { stdio: 'inherit' })
  const code = await new Promise((resolve) => {
    child.once('error', (error) => fail(`${PINNED_NODE} did not start: ${error.message}`))
    child.once('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)))
  })
  process.exit(code)
}

/** npm runs scripts in the root, but paths in the arguments are relative to the folder where the user ran npm. */
function returnToUserFolder() {
  const { INIT_CWD } = process.env
  if (INIT_CWD && resolve(ROOT) === process.cwd()) process.chdir(INIT_CWD)
}

checkNode()
await installPackages()
await continueWithPinnedNode()
returnToUserFolder()

const { register } = await import('tsx/esm/api')
register()
const [command, ...args] = process.argv.slice(2)
const { failOnLostOutput } = await import('../service/src/dataset/output-errors.ts')
failOnLostOutput(command)
const { runCommand } = await import('./run-command.ts')
await runCommand(command, args)
