import type { Cell } from '@steno/recordings'
import { For, Match, Show, Switch, type JSX } from 'solid-js'
import { bytesLabel, findHits, Visible, visibleText } from '../ui/index.ts'
import { readCell } from './cell.ts'

export interface CellTextProps {
  cell: Cell
  /** Past this many characters the rest is left to the value view. */
  charactersMax: number
  isWhole?: boolean
  /** What is searched for, marked where it stands. */
  search?: string
}

/** One value as recorded: NULL is not empty, masked says by which rule, cut says how much is missing. */
export function CellText(props: CellTextProps): JSX.Element {
  const read = () => readCell(props.cell)
  const shown = () => (
    <For each={findHits(read().text.slice(0, props.charactersMax), [props.search ?? ''])}>
      {stretch => (
        <Show when={stretch.isHit} fallback={<Visible text={stretch.text} lines={props.isWhole ?? false} />}>
          <span class="hit">
            <Visible text={stretch.text} lines={props.isWhole ?? false} />
          </span>
        </Show>
      )}
    </For>
  )
  const isLonger = () => read().text.length > props.charactersMax
  return (
    <Switch
      fallback={
        <>
          {shown()}
          <Show when={isLonger()}>
            <span class="rp-null"> …</span>
          </Show>
        </>
      }
    >
      <Match when={read().kind === 'null'}>
        <span class="rp-null">NULL</span>
      </Match>
      <Match when={read().kind === 'empty'}>
        <span class="rp-empty" title="empty text">
          ''
        </span>
      </Match>
      <Match when={read().kind === 'hex'}>
        <span class="rp-hex" title="bytes, as hexadecimal">
          {shown()}
        </span>
      </Match>
      <Match when={maskOf(props.cell)}>
        {mask => (
          <span class="rp-masked" title={`masked by “${visibleText(mask().rule)}”`}>
            {shown()}
            <Show when={props.isWhole}>
              {' '}
              · masked by “<Visible text={mask().rule} />”
            </Show>
          </span>
        )}
      </Match>
      <Match when={cutOf(props.cell)}>
        {cut => (
          <>
            {shown()}
            <span
              class="rp-cut"
              title={`only the start is recorded; whole value: ${cut().lengthBytes.toLocaleString('en')} bytes, SHA-256 ${cut().sha256}`}
            >
              cut, {bytesLabel(cut().lengthBytes)}
              <Show when={props.isWhole}> · SHA-256 of the whole {cut().sha256}</Show>
            </span>
          </>
        )}
      </Match>
    </Switch>
  )
}

function maskOf(cell: Cell) {
  return typeof cell === 'object' && cell !== null && 'masked' in cell ? cell : null
}

function cutOf(cell: Cell) {
  return typeof cell === 'object' && cell !== null && 'cut' in cell ? cell : null
}
