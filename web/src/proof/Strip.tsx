import type { LogLeafKind } from '@steno/recordings'
import { createMemo, For, Show, type JSX } from 'solid-js'
import { countLabel, countOf, Visible } from '../ui/index.ts'
import type { Cosigner, PlacedLeaf } from './look-at-log.ts'
import { stripLayout, type StripMark } from './strip-layout.ts'

export interface StripProps {
  leaves: readonly PlacedLeaf[]
  cosigners: readonly Cosigner[]
  fromMs: number
  toMs: number
  onSession(session: string): void
}

const columns = 120
const rows = 4

/** The log as time: what its leaves say, and where it said nothing. */
export function Strip(props: StripProps): JSX.Element {
  const layout = createMemo(() =>
    stripLayout({ leaves: props.leaves, fromUs: props.fromMs * 1000, toUs: props.toMs * 1000, columns, rows }),
  )
  const witnessed = () => props.cosigners.filter(({ atMs }) => atMs >= props.fromMs && atMs <= props.toMs)
  const share = (atMs: number) => (atMs - props.fromMs) / (props.toMs - props.fromMs)
  const counted = () => Object.entries(layout().counts) as [LogLeafKind, number][]
  const ticks = () =>
    [0, 0.25, 0.5, 0.75, 1].map(at => ({
      at,
      label: tickLabel(props.fromMs + at * (props.toMs - props.fromMs), props.toMs - props.fromMs),
    }))
  return (
    <>
      <div class="strip" aria-hidden="true">
        <span class="strip-name">Epochs</span>
        <div class="strip-lane strip-epochs">
          <For each={layout().epochs}>{height => <i style={{ height: `${Math.round(height * 100)}%` }} />}</For>
          <Stretches layout={layout()} />
        </div>
        <span class="strip-name">Sessions</span>
        <div class="strip-lane strip-sessions">
          <For each={layout().sessions}>
            {bar => (
              <i
                class={`is-${bar.is}`}
                title={`${bar.session}: ${bar.is}`}
                style={{ left: percent(bar.from), width: percent(bar.to - bar.from), top: `${bar.row * 9}px` }}
                onClick={() => props.onSession(bar.session)}
              />
            )}
          </For>
        </div>
        <span class="strip-name">Said</span>
        <Marks marks={layout().marks.filter(({ lane }) => lane === 'said')} />
        <span class="strip-name">Removed</span>
        <Marks marks={layout().marks.filter(({ lane }) => lane === 'removed')} />
        <span class="strip-name">Witnesses</span>
        <div class="strip-lane strip-marks">
          <For each={witnessed()}>
            {cosigner => (
              <i
                class={cosigner.isTrue === false ? 'is-deny' : 'is-witness'}
                title={cosigner.name}
                style={{ '--at': percent(share(cosigner.atMs)) }}
              >
                ◉
              </i>
            )}
          </For>
        </div>
        <span />
        <div class="strip-ticks">
          <For each={ticks()}>{tick => <span style={{ left: percent(tick.at) }}>{tick.label}</span>}</For>
        </div>
      </div>
      <p class="strip-legend muted">
        <For each={counted()} fallback="No leaf in this time.">
          {([kind, count]) => (
            <span>
              <span class={`strip-sign is-${kind}`} aria-hidden="true">
                {kindWords[kind].sign}
              </span>{' '}
              {countOfKind(kind, count)}
            </span>
          )}
        </For>
        <For each={props.cosigners}>
          {cosigner => (
            <span>
              <span class="strip-sign is-witness" aria-hidden="true">
                ◉
              </span>{' '}
              <Visible text={cosigner.name} /> signed the newest checkpoint
            </span>
          )}
        </For>
        <Show when={layout().gaps.length > 0}>
          <span>
            <span class="strip-sign strip-hatched" aria-hidden="true" /> {countOf(layout().gaps.length, 'silence')}: the gateway was not
            there
          </span>
        </Show>
        <Show when={layout().unread}>
          <span>
            <span class="strip-sign strip-unread" aria-hidden="true" /> older leaves are not drawn; Verify here reads them
          </span>
        </Show>
        <Show when={layout().hidden > 0}>
          <span>{countLabel(layout().hidden)} more sessions at the same time</span>
        </Show>
      </p>
    </>
  )
}

function Marks(props: { marks: readonly StripMark[] }): JSX.Element {
  return (
    <div class="strip-lane strip-marks">
      <For each={props.marks}>
        {mark => (
          <i class={`is-${mark.kind}`} title={wordsOf(mark.counts)} style={{ '--at': percent(mark.at) }}>
            {kindWords[mark.kind].sign}
          </i>
        )}
      </For>
    </div>
  )
}

function Stretches(props: { layout: ReturnType<typeof stripLayout> }): JSX.Element {
  return (
    <>
      <For each={props.layout.gaps}>
        {gap => (
          <b class="strip-hatched" title="the log said nothing" style={{ left: percent(gap.from), width: percent(gap.to - gap.from) }} />
        )}
      </For>
      <Show when={props.layout.unread}>
        {unread => (
          <b class="strip-unread" title="not read" style={{ left: percent(unread().from), width: percent(unread().to - unread().from) }} />
        )}
      </Show>
    </>
  )
}

/** What each kind of leaf is called, and its sign. */
const kindWords: Record<LogLeafKind, { sign: string; word: string; words?: string }> = {
  key: { sign: '◆', word: 'key' },
  config: { sign: '◇', word: 'configuration' },
  open: { sign: '▸', word: 'session opened', words: 'sessions opened' },
  epoch: { sign: '▮', word: 'epoch' },
  seal: { sign: '■', word: 'session sealed', words: 'sessions sealed' },
  deny: { sign: '✕', word: 'refusal' },
  approval: { sign: '✓', word: 'approval' },
  policy: { sign: '§', word: 'policy change' },
  read: { sign: '◦', word: 'look at a recording', words: 'looks at recordings' },
  hold: { sign: '⚑', word: 'legal hold' },
  retain: { sign: '▽', word: 'recording removed by rule', words: 'recordings removed by rule' },
  erase: { sign: '▨', word: 'erasure' },
}

function countOfKind(kind: LogLeafKind, count: number): string {
  const { word, words = `${word}s` } = kindWords[kind]
  return `${countLabel(count)} ${count === 1 ? word : words}`
}

function wordsOf(counts: StripMark['counts']): string {
  return (Object.entries(counts) as [LogLeafKind, number][]).map(([kind, count]) => countOfKind(kind, count)).join(', ')
}

function percent(share: number): string {
  return `${(share * 100).toFixed(3)}%`
}

function tickLabel(ms: number, spanMs: number): string {
  const iso = new Date(ms).toISOString()
  if (spanMs > 90_000_000) return `${iso.slice(5, 10)} ${iso.slice(11, 16)}`
  return spanMs > 900_000 ? iso.slice(11, 16) : iso.slice(11, 19)
}
