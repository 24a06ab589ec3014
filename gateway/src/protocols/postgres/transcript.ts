import type { AnswerPart, Cell, Column, ContentBlock, Notice, RowBlock } from '@steno/recordings'

/** Rows of one result that the transcript shows; the answer lines hold all of them. */
const rowsShownMax = 20
/** The widest a column is drawn. */
const cellWidthMax = 40
const statementShownMax = 4096
/** How much of one piece of a COPY is shown. */
const dataShownBytesMax = 512

const utf8 = new TextDecoder()

/** What stands before every statement that is shown. */
export function promptOf(database: string): string {
  return `\x1b[36m${inLine(database)}=>\x1b[0m `
}

/** What a stock player shows of a statement: the prompt and its text. */
export function showStatement(prompt: string, text: string, values: string[]): string {
  const shown = text.length > statementShownMax ? `${text.slice(0, statementShownMax)} … (${text.length} characters)` : text
  const bound = values.length > 0 ? `\r\n  -- ${values.map((value, i) => `$${i + 1} = ${inLine(value)}`).join(', ')}` : ''
  return `${prompt}${visible(shown).replaceAll('\n', '\r\n')}${bound}\r\n`
}

/**
 * Draws the answers of a session the way psql does, the first rows of each
 * result and the count of all, as text for stock players. What the target
 * sent is shown, never obeyed: control characters become visible.
 */
export class Transcript {
  /** The columns that were described last, and their names as they are drawn. */
  #described: Column[] | null = null
  #names: string[] = []
  #hasColumns = false
  #rows: (string | null)[][] = []
  #rowCount = 0

  /** Gives the text to show now; '' while a result is still coming in. */
  part(part: AnswerPart): string {
    switch (part.kind) {
      case 'columns':
        if (part.columns !== this.#described) this.#names = part.columns.map(column => clip(inLine(column.name)))
        this.#described = part.columns
        this.#hasColumns = true
        this.#rows = []
        this.#rowCount = 0
        return ''
      case 'done':
        return this.#table() + (part.rows > 0 && part.tag.startsWith('SELECT') ? '' : this.#reset(`${inLine(part.tag)}\r\n`))
      case 'suspended':
        return `${this.#table()}(more)\r\n`
      case 'notice':
        return line(part.notice, '\x1b[33m')
      case 'error':
        return this.#reset(line(part.error, '\x1b[31m'))
      case 'skipped':
        return '(skipped: an earlier statement of the pipeline failed)\r\n'
      default:
        return ''
    }
  }

  /** Gives the first lines of a COPY's content. */
  data({ bytes, ranges, count }: ContentBlock): string {
    let text = ''
    for (let i = 0; i < count && this.#rowCount < rowsShownMax; i++, this.#rowCount++) {
      const start = ranges[2 * i]!
      text += `${inLine(utf8.decode(bytes.subarray(start, Math.min(ranges[2 * i + 1]!, start + dataShownBytesMax))).trimEnd())}\r\n`
    }
    return text
  }

  rows(block: RowBlock): void {
    for (let row = 0; row < block.count && this.#rows.length < rowsShownMax; row++) {
      const cells: (string | null)[] = []
      for (let column = 0; column < block.columns; column++) {
        const cell = row * block.columns + column
        const special = block.special?.get(cell)
        const start = block.cells[2 * cell]!
        if (special !== undefined) cells.push(cellText(special))
        else
          cells.push(
            start < 0 ? null : utf8.decode(block.bytes.subarray(start, Math.min(block.cells[2 * cell + 1]!, start + 4 * cellWidthMax))),
          )
      }
      this.#rows.push(cells)
    }
    this.#rowCount += block.count
  }

  #table(): string {
    if (!this.#hasColumns) return ''
    const names = this.#names
    const rows = this.#rows.map(row => row.map(cell => (cell === null ? '' : clip(inLine(cell)))))
    const widths = names.map((name, i) => rows.reduce((width, row) => Math.max(width, (row[i] ?? '').length), name.length))
    const draw = (cells: string[]) => ` ${widths.map((width, i) => (cells[i] ?? '').padEnd(width)).join(' | ')}\r\n`
    const rule = `${widths.map(width => '-'.repeat(width + 2)).join('+')}\r\n`
    const more = this.#rowCount > rows.length ? ` … ${this.#rowCount - rows.length} more rows in the record\r\n` : ''
    const count = `(${this.#rowCount} ${this.#rowCount === 1 ? 'row' : 'rows'})\r\n`
    const text = `\x1b[1m${draw(names)}\x1b[0m${rule}${rows.map(draw).join('')}${more}${count}`
    return this.#reset(text)
  }

  /** Forgets the result that was shown; gives the text back. */
  #reset(text: string): string {
    this.#hasColumns = false
    this.#rows = []
    this.#rowCount = 0
    return text
  }
}

function cellText(cell: Cell): string | null {
  if (cell === null || typeof cell === 'string') return cell
  if ('hex' in cell) return `\\x${cell.hex}`
  if ('masked' in cell) return cell.masked
  return cell.cut
}

function clip(text: string): string {
  return text.length > cellWidthMax ? `${text.slice(0, cellWidthMax - 1)}…` : text
}

function line(notice: Notice, colour: string): string {
  return `${colour}${inLine(notice.severity)}:  ${inLine(notice.message)}\x1b[0m\r\n`
}

const plain = /^[\x20-\x7e]*$/

/** Makes control and direction-changing characters visible, so that no value can move the cursor or rewrite what was shown. */
function visible(text: string): string {
  if (plain.test(text)) return text
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, character => {
    if (character === '\n') return character
    if (character === '\t') return ' '
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

/** As `visible`, for what is one line whatever it holds: nothing in it can begin a line that looks like another's. */
function inLine(text: string): string {
  return visible(text).replaceAll('\n', '↵')
}
