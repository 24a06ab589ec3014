import type { Verdict } from '@steno/recordings'
import { createEffect, createMemo, For, on, Show, type JSX } from 'solid-js'
import { Visible } from '../ui/index.ts'
import type { FrameSummary, TransactionSummary } from './frame.ts'
import { durationOfUs, shortOffset } from './offset.ts'
import type { FrameProof } from './frame-proof.ts'
import { OutcomeSign } from './OutcomeSign.tsx'
import { ProofEdge } from './ProofSign.tsx'
import { isPreparation, statementList, type ListEntry } from './statement-list.ts'
import { createVirtualRows } from './virtual-rows.ts'

const rowPx = 28

export interface StatementListProps {
  frames: readonly FrameSummary[]
  revision: number
  transactions: readonly TransactionSummary[]
  index: number
  filter: string
  showsPreparation: boolean
  /** What is proven of a frame. */
  proofOf(index: number): FrameProof
  /** What a draft would say of a frame, where that is something else; null for the rest, and while no draft is asked. */
  underDraft(index: number): Verdict | null
  /** Frames a search found, or null while there is no search. */
  only: ReadonlySet<number> | null
  onFilter(text: string): void
  onShowPreparation(shows: boolean): void
  onSelect(index: number): void
  /** A statement was pointed at: where panes are tabs, its tab is next. */
  onOpen(): void
}

/** The statements of the session in order, grouped by transaction; the shown one follows the play head. */
export function StatementList(props: StatementListProps): JSX.Element {
  const entries = createMemo(() => {
    void props.revision
    const only = props.only
    return statementList({
      frames: props.frames,
      transactions: props.transactions,
      filter: props.filter,
      showsPreparation: props.showsPreparation,
      ...(only ? { only } : {}),
    })
  })
  const statements = createMemo(() => entries().filter(entry => entry.kind === 'statement' && entry.frame.n > 0).length)
  const preparations = createMemo(() => {
    void props.revision
    return props.frames.some(isPreparation)
  })
  const rows = createVirtualRows(() => entries().length, rowPx)
  const position = createMemo(() => entryOf(entries(), props.index))

  const open = (index: number) => {
    props.onSelect(index)
    props.onOpen()
  }
  const isDrawn = (at: number) => at >= rows.window().first && at < rows.window().end

  createEffect(on([position, () => rows.window().heightPx > 0], ([at]) => at >= 0 && rows.show(at)))

  const move = (event: KeyboardEvent) => {
    const to = target(event.key, position(), entries(), rows.window().end - rows.window().first)
    if (to === null) return
    event.preventDefault()
    event.stopPropagation()
    props.onSelect(to)
  }

  return (
    <div class="rp-list">
      <div class="rp-filter">
        <input
          type="search"
          class="rp-input mono"
          placeholder="filter statements"
          aria-label="Filter statements"
          value={props.filter}
          onInput={event => props.onFilter(event.currentTarget.value)}
        />
        <span class="rp-filter-count" aria-live="polite">
          {statements().toLocaleString('en')}
        </span>
      </div>
      <div
        ref={rows.attach}
        class="rp-scroll"
        role="listbox"
        tabindex="0"
        aria-label="Statements"
        aria-activedescendant={isDrawn(position()) ? `rp-statement-${props.index}` : undefined}
        on:keydown={move}
      >
        <div class="rp-rows" role="presentation" style={{ height: `${rows.window().heightPx}px` }}>
          <div role="presentation" style={{ transform: `translateY(${rows.window().offsetPx}px)` }}>
            <For each={entries().slice(rows.window().first, rows.window().end)}>
              {entry =>
                entry.kind === 'band' ? (
                  <div class="rp-band" classList={{ 'is-rolled-back': entry.transaction.outcome === 'rolled back' }} role="presentation">
                    <span>{bandWords[entry.transaction.outcome]}</span>
                    <span class="num">{durationOfUs(entry.transaction.toUs - entry.transaction.fromUs)}</span>
                  </div>
                ) : (
                  <Row
                    entry={entry}
                    isCurrent={entry.frame.index === props.index}
                    proof={props.proofOf(entry.frame.index)}
                    underDraft={props.underDraft(entry.frame.index)}
                    onSelect={open}
                  />
                )
              }
            </For>
          </div>
        </div>
        <Show when={entries().length === 0 && props.frames.length > 0}>
          <p class="rp-none">{props.only ? 'Nothing found' : 'No statement matches'}</p>
        </Show>
      </div>
      <Show when={preparations()}>
        <label class="rp-toggle">
          <input
            type="checkbox"
            checked={props.showsPreparation}
            onChange={event => props.onShowPreparation(event.currentTarget.checked)}
          />
          prepare, bind and settings
        </label>
      </Show>
    </div>
  )
}

const wouldBe = {
  allow: { sign: '✓', kind: 'ok', word: 'would be allowed' },
  hold: { sign: '◔', kind: 'held', word: 'would be held' },
  deny: { sign: '✕', kind: 'denied', word: 'would be denied' },
} as const

const bandWords = { committed: 'BEGIN … COMMIT', 'rolled back': 'BEGIN … ROLLBACK', open: 'BEGIN …', unknown: 'BEGIN … unknown' } as const

function Row(props: {
  entry: ListEntry & { kind: 'statement' }
  isCurrent: boolean
  proof: FrameProof
  underDraft: Verdict | null
  onSelect(index: number): void
}): JSX.Element {
  const frame = () => props.entry.frame
  return (
    <div
      id={`rp-statement-${frame().index}`}
      role="option"
      aria-selected={props.isCurrent}
      class="rp-statement"
      classList={{
        'is-current': props.isCurrent,
        'is-banded': props.entry.band !== 'none',
        'is-last': props.entry.band === 'last',
        'is-rolled-back': props.entry.isRolledBack,
        'is-preparation': isPreparation(frame()),
        'is-said': frame().n === 0,
      }}
      onClick={() => props.onSelect(frame().index)}
    >
      <span class="rp-offset mono">{shortOffset(frame().atUs)}</span>
      <span class="rp-preview mono">
        <Show when={frame().kind === 'prepare' || frame().kind === 'bind'}>
          <i>{frame().kind} </i>
        </Show>
        <Visible text={frame().preview} />
      </span>
      <Show when={props.underDraft} fallback={<OutcomeSign frame={frame()} />}>
        {verdict => (
          <span class="rp-signs">
            <OutcomeSign frame={frame()} />
            <span class={`rp-sign rp-would is-${wouldBe[verdict()].kind}`} title={`the draft: ${wouldBe[verdict()].word}`}>
              <span aria-hidden="true">→{wouldBe[verdict()].sign}</span>
              <span class="spoken">the draft: {wouldBe[verdict()].word}</span>
            </span>
          </span>
        )}
      </Show>
      <ProofEdge proof={props.proof} />
    </div>
  )
}

function entryOf(entries: readonly ListEntry[], index: number): number {
  let low = 0
  let high = entries.length
  // Bands count as their first statement.
  while (low < high) {
    const middle = (low + high) >>> 1
    if (frameIndex(entries[middle]!) < index) low = middle + 1
    else high = middle
  }
  const entry = entries[low]
  if (entry?.kind === 'band') return frameIndex(entries[low + 1] ?? entry) === index ? low + 1 : -1
  return entry && entry.frame.index === index ? low : -1
}

function frameIndex(entry: ListEntry): number {
  return entry.kind === 'band' ? entry.transaction.first : entry.frame.index
}

/** The frame a key leads to; null when the key is not the list's. */
function target(key: string, at: number, entries: readonly ListEntry[], pageRows: number): number | null {
  const steps: Record<string, number> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: pageRows - 12, PageUp: 12 - pageRows }
  const by = steps[key]
  if (by === undefined) return null
  const direction = Math.sign(by)
  let to = Math.max(0, Math.min(entries.length - 1, at + by))
  while (entries[to]?.kind === 'band') to += direction === 0 ? 1 : direction
  const entry = entries[to] ?? entries.find(candidate => candidate.kind === 'statement')
  return entry?.kind === 'statement' ? entry.frame.index : null
}
