import type { Cell, Column } from '@steno/recordings'
import { createEffect, createMemo, createSignal, For, on, Show, type JSX } from 'solid-js'
import { CopyButton, Visible, visibleText } from '../ui/index.ts'
import { columnWidths, copiedCell, isNumeric, maskedColumns, readCell } from './cell.ts'
import { CellText } from './CellText.tsx'
import { createVirtualRows } from './virtual-rows.ts'

const rowPx = 26
/** As wide as `.rp-gutter`. */
const gutterPx = 56

export interface ResultGridProps {
  label: string
  columns: readonly Column[]
  rowCount: number
  /** The rows known from the start. */
  head: readonly Cell[][]
  /** What is searched for, marked where it stands. */
  search: string
  /** Reads rows out of the recording. */
  readRows(first: number, count: number): Promise<Cell[][]>
}

/** A result as it was recorded. Rows out of sight stay in the recording; columns out of sight are not drawn. */
export function ResultGrid(props: ResultGridProps): JSX.Element {
  const rows = createVirtualRows(() => props.rowCount, rowPx)
  const [loaded, setLoaded] = createSignal<{ first: number; cells: readonly Cell[][] }>({ first: 0, cells: [] })
  const [failure, setFailure] = createSignal<string | null>(null)
  const [active, setActive] = createSignal<{ row: number; column: number } | null>(null)
  const widths = createMemo(() => columnWidths(props.columns, props.head))
  const masked = createMemo(() => maskedColumns(props.head))
  const edges = createMemo(() => {
    let x = gutterPx
    return widths().map(width => (x += width))
  })
  const totalPx = () => edges().at(-1) ?? gutterPx
  const shownColumns = createMemo(
    () => {
      const left = rows.scrollLeftPx()
      const right = left + rows.viewportWidthPx()
      const first = Math.max(0, edges().findIndex(edge => edge > left) - 1)
      const past = edges().findIndex(edge => edge > right)
      return { first, end: past < 0 ? edges().length : Math.min(edges().length, past + 2) }
    },
    undefined,
    { equals: (a, b) => a.first === b.first && a.end === b.end },
  )
  const columnIndexes = createMemo(() => range(shownColumns().first, shownColumns().end))
  const leadPx = () => (shownColumns().first === 0 ? 0 : (edges()[shownColumns().first - 1] ?? gutterPx) - gutterPx)

  const cellsOf = (row: number): readonly Cell[] | undefined => {
    const window = loaded()
    return props.head[row] ?? window.cells[row - window.first]
  }
  const activeCell = createMemo(() => {
    const at = active()
    const cell = at ? cellsOf(at.row)?.[at.column] : undefined
    const column = at ? props.columns[at.column] : undefined
    return at && column && cell !== undefined ? { ...at, cell, name: column.name, type: column.type } : null
  })

  createEffect(
    on([() => rows.window().first, () => rows.window().end, () => props.head], ([first, end]) => {
      if (end <= props.head.length) return
      void read(Math.max(0, first - 60), Math.min(props.rowCount, end + 60))
    }),
  )

  let asked = 0
  async function read(first: number, end: number): Promise<void> {
    const turn = (asked += 1)
    try {
      const cells = await props.readRows(first, end - first)
      if (turn !== asked) return
      setLoaded({ first, cells })
      setFailure(null)
    } catch (error) {
      if (turn === asked) setFailure(error instanceof Error ? error.message : String(error))
    }
  }

  const showColumn = (column: number) => {
    const right = edges()[column] ?? gutterPx
    const left = right - (widths()[column] ?? 0)
    if (left < rows.scrollLeftPx() + gutterPx) rows.scrollTo({ leftPx: column === 0 ? 0 : left - gutterPx })
    else if (right > rows.scrollLeftPx() + rows.viewportWidthPx()) rows.scrollTo({ leftPx: right - rows.viewportWidthPx() })
  }
  const onKey = (event: KeyboardEvent) => {
    const at = active() ?? { row: 0, column: 0 }
    const move = keys[event.key]
    if (event.key === 'Escape' && active()) setActive(null)
    else if (move) {
      const row = Math.max(0, Math.min(props.rowCount - 1, at.row + move[0]))
      setActive(active() ? { row, column: Math.max(0, Math.min(props.columns.length - 1, at.column + move[1])) } : at)
      rows.show(active()?.row ?? row)
      showColumn(active()?.column ?? 0)
    } else return
    event.preventDefault()
    event.stopPropagation()
  }

  return (
    <div class="rp-result">
      <div
        ref={rows.attach}
        class="rp-scroll rp-grid"
        role="grid"
        tabindex="0"
        aria-label={props.label}
        aria-rowcount={props.rowCount + 1}
        aria-colcount={props.columns.length}
        on:keydown={onKey}
      >
        <div class="rp-grid-head" role="row" aria-rowindex={1} style={{ width: `max(100%, ${totalPx()}px)` }}>
          <span class="rp-gutter" role="presentation" />
          <span role="presentation" style={{ width: `${leadPx()}px` }} />
          <For each={columnIndexes()}>
            {at => (
              <span
                class="rp-column"
                classList={{ num: isNumeric(props.columns[at]!) }}
                role="columnheader"
                aria-colindex={at + 1}
                style={{ width: `${widths()[at]}px` }}
                title={`${visibleText(props.columns[at]!.name)} ${props.columns[at]!.type}`}
              >
                <span class="rp-column-name">
                  <Visible text={props.columns[at]!.name} />
                </span>
                <small>
                  <Visible text={props.columns[at]!.type} />
                </small>
                <Show when={masked().get(at)}>
                  {rule => (
                    <span class="rp-column-masked" title={`masked by “${visibleText(rule())}”`}>
                      ▒
                    </span>
                  )}
                </Show>
              </span>
            )}
          </For>
        </div>
        <div class="rp-rows" role="presentation" style={{ height: `${rows.window().heightPx}px`, width: `max(100%, ${totalPx()}px)` }}>
          <div role="presentation" style={{ transform: `translateY(${rows.window().offsetPx}px)` }}>
            <For each={range(rows.window().first, rows.window().end)}>
              {row => (
                <div class="rp-row" role="row" aria-rowindex={row + 2}>
                  <span class="rp-gutter mono" role="rowheader">
                    {row + 1}
                  </span>
                  <span role="presentation" style={{ width: `${leadPx()}px` }} />
                  <For each={columnIndexes()}>
                    {at => (
                      <span
                        class="rp-cell mono"
                        classList={{ num: isNumeric(props.columns[at]!), 'is-active': active()?.row === row && active()?.column === at }}
                        role="gridcell"
                        aria-colindex={at + 1}
                        style={{ width: `${widths()[at]}px` }}
                        onClick={() => setActive({ row, column: at })}
                      >
                        <Show when={cellsOf(row)?.[at] !== undefined} fallback={<span class="rp-pending" aria-label="being read" />}>
                          <CellText cell={cellsOf(row)![at]!} charactersMax={120} search={props.search} />
                        </Show>
                      </span>
                    )}
                  </For>
                </div>
              )}
            </For>
          </div>
        </div>
      </div>
      <Show when={failure()}>
        {message => (
          <p class="rp-trouble" role="alert">
            These rows could not be read: {message()}
          </p>
        )}
      </Show>
      <Show when={activeCell()}>
        {at => (
          <div class="rp-value" role="region" aria-label="Value">
            <div class="rp-value-head">
              <span class="mono">
                <Visible text={at().name} />
              </span>
              <small class="mono">
                <Visible text={at().type} />
              </small>
              <span>row {(at().row + 1).toLocaleString('en')}</span>
              <span class="rp-fill" />
              <span>{readCell(at().cell).text.length.toLocaleString('en')} characters</span>
              <CopyButton text={copiedCell(at().cell)} label="Copy value" />
              <button type="button" class="rp-quiet" aria-label="Close value" onClick={() => setActive(null)}>
                ✕
              </button>
            </div>
            <div class="rp-value-text mono">
              <CellText cell={at().cell} charactersMax={200_000} search={props.search} isWhole />
            </div>
          </div>
        )}
      </Show>
    </div>
  )
}

const keys: Record<string, readonly [number, number]> = {
  ArrowDown: [1, 0],
  ArrowUp: [-1, 0],
  ArrowRight: [0, 1],
  ArrowLeft: [0, -1],
  PageDown: [20, 0],
  PageUp: [-20, 0],
}

function range(first: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i)
}
