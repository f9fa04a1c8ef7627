/** A dataset that cannot be used at all; the message is one line for the user. */
export class DatasetError extends Error {
  override name = 'DatasetError'
}
