/** A load that grows in steps. steps.py is the same test for Locust. */
import locust, { HttpUser, LoadTestShape } from 'k6/x/locust'

class Visitor extends HttpUser {
  override waitTime = locust.constantThroughput(10)

  static override tasks = { visit: 1 }
  async visit() {
    await this.client.get('/')
  }
}

class Steps extends LoadTestShape {
  override tick() {
    const step = Math.floor(this.getRunTime() / 2)
    if (step >= 2) return null
    return [2 * (step + 1), 10] as const
  }
}

export const options = locust.options({ userClasses: [Visitor], shape: Steps })
export default locust.run
