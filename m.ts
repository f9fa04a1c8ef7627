import locust, { events, HttpUser } from 'k6/x/locust'
class A extends HttpUser { static tasks = { go: 1 }; waitTime = locust.constant(0.05); async go() { await this.client.get('/x', { stream: true }) } }
events.testStart.addListener(() => console.log('EVENT start ' + __ENV.LOCUST_MODE_MASTER))
events.testStop.addListener(({ environment }) => console.log('EVENT stop ' + __ENV.LOCUST_MODE_MASTER + ' ' + environment.stats.total.numRequests + ' ' + environment.runner.userCount))
events.quitting.addListener(({ environment }) => { environment.processExitCode = 5 })
export const options = locust.options({ userClasses: [A] })
export default locust.run
