/** Thrown if a dataset cannot be read, built, or written. The message is one line for the user. */
export class DatasetError extends Error {
  override name = 'DatasetError'
}
