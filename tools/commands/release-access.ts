import { parseAllDocuments } from 'yaml'

/** The fields of an object in the manifest that are used here. */
interface ManifestObject {
  kind: string
  /** Undefined for lists, which `extraObjects` may contain. */
  metadata?: { name: string; namespace?: string; labels?: Record<string, string> }
  spec?: {
    ports?: { port: number }[]
    template?: { spec: { containers: { ports?: { name?: string; containerPort: number }[] }[] } }
    ingressClassName?: string
    tls?: { hosts?: string[] }[]
    rules?: { host?: string }[]
    hostnames?: string[]
    parentRefs?: { name: string }[]
  }
}

/** The lowest port on which users other than root can listen. */
const FIRST_USER_PORT = 1024
/** The default port of the app. */
const USUAL_PORT = 8000

/**
 * Returns lines that say how to reach a release. They are derived from its manifest, which includes the values of
 * `--set`.
 * @param helm the command that runs Helm in the cluster and namespace of the release
 * @param context the kubectl context, if the user chose one
 */
export function howToReach(
  { name, namespace, manifest }: { name: string; namespace: string; manifest: string },
  helm: string,
  context: string | undefined,
): string[] {
  const objects = parseAllDocuments(manifest).map((document) => document.toJS() as ManifestObject | null)
  const appObjects = objects.filter((object) => object?.metadata?.labels?.['app.kubernetes.io/component'] === 'app')
  const service = appObjects.find((object) => object?.kind === 'Service')
  // The value namespaceOverride puts the objects into another namespace.
  const inNamespace = service?.metadata?.namespace ?? namespace
  const port = service?.spec?.ports?.[0]?.port ?? USUAL_PORT
  const containers = appObjects.find((object) => object?.kind === 'Deployment')?.spec?.template?.spec.containers ?? []
  const container = containers.flatMap(({ ports = [] }) => ports).find(({ name }) => name === 'http')
  const local = port < FIRST_USER_PORT ? (container?.containerPort ?? USUAL_PORT) : port
  const entries = appObjects.filter((object) => object?.kind === 'Ingress' || object?.kind === 'HTTPRoute')
  const outside = entries.flatMap((entry) => outsideAddresses(entry?.spec ?? {}))
  return [
    `forward: kubectl${contextOption('--context', context)} -n ${inNamespace} port-forward service/${service?.metadata?.name} ${local === port ? port : `${local}:${port}`}`,
    `query:   curl 'http://127.0.0.1:${local}/autocomplete?q=app&limit=5'`,
    `test:    ${helm} test ${name}`,
    ...(outside.length > 0 ? [`ingress: ${outside.join(', ')}`] : []),
  ]
}

/** Returns an option for a kubectl context, with a space before it; nothing for the current context. */
export const contextOption = (flag: string, context: string | undefined) =>
  context === undefined ? '' : ` ${flag}=${quoted(context)}`

/** Quotes a word for a shell if necessary. */
const quoted = (word: string) => (/^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)

/** Returns the URLs of an Ingress or HTTPRoute. */
function outsideAddresses(spec: NonNullable<ManifestObject['spec']>): string[] {
  const { rules = [], hostnames, tls = [], ingressClassName, parentRefs } = spec
  const hosts = hostnames ?? rules.flatMap(({ host }) => host ?? [])
  const hasCertificate = (host: string) =>
    tls.some(({ hosts: covered = [host] }) => covered.includes(host) || covered.includes(host.replace(/^[^.]+/, '*')))
  if (hosts.length > 0) return hosts.map((host) => `http${hasCertificate(host) ? 's' : ''}://${host}/`)
  if (parentRefs) return [`any host name of gateway ${parentRefs[0]?.name}`]
  return [`any host name of ${ingressClassName ? `ingress class ${ingressClassName}` : 'the default ingress class'}`]
}
