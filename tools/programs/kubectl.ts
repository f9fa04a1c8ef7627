/** Reads the objects of a release with kubectl, to show how its pods are doing. */
import { capture, findInPath } from '../support/process.ts'

const POLL_MS = 2000

/** Returns all objects of a kind in the release; none if kubectl fails. */
export type Kubectl = <T>(kind: string) => Promise<T[]>

/**
 * Creates a function that runs kubectl for a release, if kubectl is in PATH. The function never throws, because kubectl
 * only adds details.
 */
export async function createKubectl(
  namespace: string,
  release: string,
  context: string | undefined,
): Promise<Kubectl | undefined> {
  const program = await findInPath('kubectl')
  if (!program) return undefined
  return async <T>(kind: string) => {
    const labels = `app.kubernetes.io/instance=${release}`
    const args = ['get', kind, '-n', namespace, '-l', labels, '-o', 'json', '--request-timeout=10s']
    if (context !== undefined) args.push(`--context=${context}`)
    try {
      const { code, stdout } = await capture(program, args)
      return code === 0 ? (JSON.parse(stdout) as { items: T[] }).items : []
    } catch {
      return []
    }
  }
}

interface Condition {
  type: string
  status: string
  reason?: string
  message?: string
}

interface DeploymentObject {
  metadata: { name: string }
  spec: { replicas: number }
  status: { readyReplicas?: number; conditions?: Condition[] }
}

/** Shows on a terminal how many pods are ready, until the returned function is called. */
export function watchPods(kubectl: Kubectl | undefined, report: (pods: string) => void): () => void {
  if (!kubectl || !process.stderr.isTTY) return () => {}
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  const poll = async () => {
    const deployments = await kubectl<DeploymentObject>('deployments')
    if (stopped) return
    const wanted = deployments.reduce((sum, { spec }) => sum + spec.replicas, 0)
    const ready = deployments.reduce((sum, { status }) => sum + (status.readyReplicas ?? 0), 0)
    if (wanted > 0) report(`${ready} of ${wanted} pods ready`)
    timer = setTimeout(poll, POLL_MS)
  }
  void poll()
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}

interface ContainerStatus {
  name: string
  ready: boolean
  state?: { waiting?: Reason; terminated?: Reason }
  lastState?: { terminated?: Reason }
}

interface Reason {
  reason?: string
  message?: string
}

interface PodObject {
  metadata: { name: string; deletionTimestamp?: string }
  status: {
    phase: string
    conditions?: Condition[]
    initContainerStatuses?: ContainerStatus[]
    containerStatuses?: ContainerStatus[]
  }
}

/** Returns a line for each pod that is not ready and for each deployment that cannot create its pods. */
export async function describeUnready(kubectl: Kubectl | undefined): Promise<string[]> {
  if (!kubectl) return []
  const pods = await kubectl<PodObject>('pods')
  const deployments = await kubectl<DeploymentObject>('deployments')
  return [
    ...deployments.flatMap(({ metadata: { name }, status: { conditions = [] } }) =>
      conditions
        .filter(({ type, status }) => type === 'ReplicaFailure' && status === 'True')
        .map((failure) => `${name}: ${reasonLine(failure)}`),
    ),
    ...pods
      .filter(({ metadata, status }) => !metadata.deletionTimestamp && status.phase !== 'Succeeded' && !isReady(status))
      .map(({ metadata: { name }, status }) => `${name}: ${waitingReason(status)}`),
  ]
}

const isReady = ({ conditions = [] }: PodObject['status']) =>
  conditions.some(({ type, status }) => type === 'Ready' && status === 'True')

function waitingReason({ phase, conditions = [], ...status }: PodObject['status']): string {
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
  const unready = containers.filter(({ ready }) => !ready)
  const waiting = unready.find(({ state }) => state?.waiting)
  const unmetCondition = (wanted: string) => conditions.find(({ type, status }) => type === wanted && status !== 'True')
  const reasons = waiting
    ? // The state of the previous container contains the reason for the restart.
      [waiting.state?.waiting, waiting.lastState?.terminated]
    : [
        unready.find(({ state }) => state?.terminated)?.state?.terminated ??
          unmetCondition('PodScheduled') ??
          unmetCondition('Ready'),
      ]
  return reasons.flatMap((reason) => (reason ? reasonLine(reason) : [])).join('; before that ') || phase
}

const reasonLine = ({ reason, message }: Reason) =>
  oneLine([reason, message].filter((text) => text !== undefined && text !== '').join(': '))

const oneLine = (text: string) => text.trim().replaceAll(/\s*\n\s*/g, ' ')
