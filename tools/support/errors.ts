/** Something the person at the keyboard can mend; the message is one line: what is wrong and what it takes. */
export class UserError extends Error {
  override name = 'UserError'
}
