/** Maximum length of a row, in characters. Binary files may have no line breaks at all. */
export const MAX_LINE_LENGTH = 65_536
/** The reason why a longer line is left out. */
export const LINE_TOO_LONG = `the line is longer than ${MAX_LINE_LENGTH} characters`

/** Converts all line endings to `\n`: `\r\n` in Windows files and `\r` in classic Mac OS files. */
export class LineEnds {
  private afterReturn = false

  /** @param chunk next part of the file, which may end between `\r` and `\n` */
  normalize(chunk: string): string {
    if (chunk === '') return chunk
    const text = this.afterReturn && chunk.startsWith('\n') ? chunk.slice(1) : chunk
    this.afterReturn = chunk.endsWith('\r')
    return text.includes('\r') ? text.replaceAll(/\r\n?/g, '\n') : text
  }
}

/** In joined files, any line may begin with a byte order mark. */
const withoutMark = (line: string) => (line.startsWith('\uFEFF') ? line.slice(1) : line)

/**
 * Splits text into lines, counted from 1. May truncate lines that are longer than {@link MAX_LINE_LENGTH}, so that
 * memory use is bounded. `readline` is not used, because it does not limit the length of lines, and needs a promise for
 * each line.
 */
export class LineSplitter {
  private readonly take: (line: string, number: number) => void
  private number = 0
  /** The beginning of the current line, from previous chunks. */
  private rest = ''

  constructor(take: (line: string, number: number) => void) {
    this.take = take
  }

  /** @param text next part of the file, with `\n` line endings */
  push(text: string): void {
    let start = 0
    for (let newline = text.indexOf('\n'); newline >= 0; newline = text.indexOf('\n', start)) {
      const line = this.rest + text.slice(start, newline)
      this.rest = ''
      start = newline + 1
      this.number += 1
      this.take(withoutMark(line), this.number)
    }
    if (this.rest.length <= MAX_LINE_LENGTH) this.rest += text.slice(start)
  }

  end(): void {
    if (this.rest !== '') this.take(withoutMark(this.rest), this.number + 1)
  }
}
