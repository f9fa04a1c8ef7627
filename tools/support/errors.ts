/** An error that the user can fix. The message is one line: what is wrong and what is accepted. */
export class UserError extends Error {
  override name = 'UserError'
}
