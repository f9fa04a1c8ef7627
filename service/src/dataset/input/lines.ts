/** The longest row, in characters: a file that is no text may have no line ends at all. */
export const MAX_LINE_LENGTH = 65_536

/** Makes all line ends `\n`: those of Windows, and the lone `\r` of old Macintosh files. */
export class LineEnds {
  private afterReturn = false

  /** @param chunk the next part of the file; it may end between `\r` and `\n` */
  normalize(chunk: string): string {
    if (chunk === '') return chunk
    const text = this.afterReturn && chunk.startsWith('\n') ? chunk.slice(1) : chunk
    this.afterReturn = chunk.endsWith('\r')
    return text.includes('\r') ? text.replaceAll(/\r\n?/g, '\n') : text
  }
}

/**
 * Splits text into lines, counted from 1. It passes on at least the first {@link MAX_LINE_LENGTH} + 1 characters of a line,
 * and keeps no more than that and a chunk in memory. Not by `readline`, which takes a promise for each line and keeps lines of any length.
 */
export class LineSplitter {
  private readonly take: (line: string, number: number) => void
  private number = 0
  /** The beginning of the line that has not ended yet. */
  private rest = ''

  constructor(take: (line: string, number: number) => void) {
    this.take = take
  }

  /** @param text the next part of the file, with line ends `\n` */
  push(text: string): void {
    let start = 0
    for (let newline = text.indexOf('\n'); newline >= 0; newline = text.indexOf('\n', start)) {
      const line = this.rest + text.slice(start, newline)
      this.rest = ''
      start = newline + 1
      this.number += 1
      this.take(line, this.number)
    }
    if (this.rest.length <= MAX_LINE_LENGTH) this.rest += text.slice(start)
  }

  end(): void {
    if (this.rest !== '') this.take(this.rest, this.number + 1)
  }
}
