/** An error that the user can fix. The message says what is wrong and what is accepted, usually in one line. */
export class UserError extends Error {
  override name = 'UserError'
}
