import { UserError } from './errors.ts'
import { capture, findInPath } from './process.ts'

/** Whether packages can be installed here: this is root, and there is apt-get. */
export async function canInstallDebianPackages(): Promise<boolean> {
  return process.getuid?.() === 0 && (await findInPath('apt-get')) !== undefined
}

/** Installs a Debian package; brings the package lists up to date first when that is what it takes. */
export async function installDebianPackage(name: string): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const install = () => capture('apt-get', ['install', '-y', '--no-install-recommends', name], { env })
  if ((await install()).code === 0) return
  await capture('apt-get', ['update'], { env })
  const { code, stderr } = await install()
  if (code !== 0) throw new UserError(`apt-get could not install ${name}: ${stderr.trim().split('\n').at(-1)}`)
}
