import { createMemo, createSignal, For, onCleanup, onMount, Show, type JSX } from 'solid-js'
import type { Bucket } from '../api.ts'
import { countOf } from '../ui/labels.ts'
import { draggedRange, histogramLayout, type Bar } from './histogram-layout.ts'

export interface HistogramProps {
  buckets: readonly Bucket[]
  isStale: boolean
  onRange(range: { since: string; until: string }): void
}

const heightPx = 46

/** Commands over time, by verdict; a drag narrows the search to what it covers. */
export function Histogram(props: HistogramProps): JSX.Element {
  let svg!: SVGSVGElement
  const [width, setWidth] = createSignal(0)
  const [drag, setDrag] = createSignal<{ fromX: number; toX: number } | null>(null)
  const [hover, setHover] = createSignal<Bar | null>(null)
  const bars = createMemo(() => histogramLayout(props.buckets, { width: width(), height: heightPx }))

  onMount(() => {
    const observer = new ResizeObserver(([entry]) => entry && setWidth(entry.contentRect.width))
    observer.observe(svg)
    onCleanup(() => observer.disconnect())
  })

  const xOf = (event: PointerEvent): number => event.clientX - svg.getBoundingClientRect().left
  function onMove(event: PointerEvent): void {
    const x = xOf(event)
    const began = drag()
    if (began) setDrag({ fromX: began.fromX, toX: x })
    setHover(bars()[Math.floor((x / width()) * bars().length)] ?? null)
  }
  function onUp(): void {
    const done = drag()
    setDrag(null)
    const range = done && draggedRange(props.buckets, { ...done, width: width() })
    if (range) props.onRange(range)
  }
  const total = (): string => {
    const sum = (of: (bucket: Bucket) => number): number => props.buckets.reduce((all, bucket) => all + of(bucket), 0)
    return `${countOf(
      sum(b => b.commands),
      'command',
    )} over time, ${sum(b => b.denied)} denied, ${sum(b => b.held)} held, ${countOf(
      sum(b => b.errors),
      'error',
    )}`
  }

  return (
    <div class="histogram" classList={{ stale: props.isStale }}>
      <svg
        ref={svg}
        height={heightPx}
        role="img"
        aria-label={total()}
        onPointerDown={event => {
          svg.setPointerCapture(event.pointerId)
          setDrag({ fromX: xOf(event), toX: xOf(event) })
        }}
        onPointerMove={onMove}
        onPointerUp={onUp}
        onPointerCancel={() => setDrag(null)}
        onPointerLeave={() => setHover(null)}
      >
        <For each={bars()}>
          {bar => (
            <g>
              <rect class="bar-all" x={bar.x} width={bar.width} y={heightPx - bar.height} height={bar.height} rx="1.5" />
              <rect class="bar-error" x={bar.x} width={bar.width} y={heightPx - bar.errors} height={bar.errors} rx="1" />
              <rect class="bar-held" x={bar.x} width={bar.width} y={heightPx - bar.denied - bar.held} height={bar.held} rx="1" />
              <rect class="bar-denied" x={bar.x} width={bar.width} y={heightPx - bar.denied} height={bar.denied} rx="1" />
            </g>
          )}
        </For>
        <Show when={drag()}>
          {range => (
            <rect
              class="brush"
              x={Math.min(range().fromX, range().toX)}
              width={Math.abs(range().toX - range().fromX)}
              y="0"
              height={heightPx}
            />
          )}
        </Show>
      </svg>
      <Show when={hover()}>{bar => <Tip bar={bar()} width={width()} />}</Show>
    </div>
  )
}

function Tip(props: { bar: Bar; width: number }): JSX.Element {
  const said = (): string => {
    const { commands, denied, held, errors, at } = props.bar.bucket
    const parts = [
      countOf(commands, 'command'),
      denied ? `✕ ${denied} denied` : '',
      held ? `◔ ${held} held` : '',
      errors ? `! ${countOf(errors, 'error')}` : '',
    ]
    return `${at.slice(0, 19).replace('T', ' ')} UTC · ${parts.filter(Boolean).join(' · ')}`
  }
  return (
    <div
      class="histogram-tip"
      aria-hidden="true"
      style={{ left: `${Math.min(Math.max(0, props.bar.x - 120), Math.max(0, props.width - 300))}px` }}
    >
      {said()}
    </div>
  )
}
