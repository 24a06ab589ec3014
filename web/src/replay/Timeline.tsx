import type { Verdict } from '@steno/recordings'
import { createEffect, createMemo, createSignal, For, onCleanup, onMount, Show, type JSX } from 'solid-js'
import { Visible } from '../ui/index.ts'
import type { FrameSummary, TransactionSummary } from './frame.ts'
import { offsetLabel, spokenOffset } from './offset.ts'
import type { Gap } from './player.ts'
import { timelineLayout, type FlagKind, type TimelineLayout } from './timeline-layout.ts'
import { timeScale, type TimeScale } from './time-scale.ts'

export interface TimelineProps {
  frames: readonly FrameSummary[]
  /** Grows whenever frames were added or changed in place. */
  revision: number
  transactions: readonly TransactionSummary[]
  durationUs: number
  positionUs: number
  index: number
  /** The number of the shown command, and how many there are. */
  n: number
  count: number
  gaps: readonly Gap[]
  foldsIdle: boolean
  /** Frames a search found. */
  hits: readonly number[]
  /** Frames that a draft decides otherwise. */
  flips: readonly { index: number; after: Verdict }[]
  /** The frame a time belongs to. */
  frameAt(atUs: number): number
  onSeek(atUs: number): void
  onToggle(): void
}

const lanes = {
  transactions: { top: 1, height: 8 },
  durations: { top: 12, height: 26 },
  rows: { top: 41, height: 10 },
  flags: { top: 54, height: 11 },
}
const strictness: readonly Verdict[] = ['allow', 'hold', 'deny']
/** As high as `.rp-lanes`. */
const heightPx = 66
/** Half of the widest preview, so that it stays on the page. */
const hoverHalfPx = 180

/** The recording at a glance, and the slider that moves through it. */
export function Timeline(props: TimelineProps): JSX.Element {
  let canvas!: HTMLCanvasElement
  let track!: HTMLDivElement
  const [widthPx, setWidthPx] = createSignal(0)
  const [theme, setTheme] = createSignal(0)
  const [hoverX, setHoverX] = createSignal<number | null>(null)
  const [isScrubbing, setIsScrubbing] = createSignal(false)

  const scale = createMemo(() =>
    timeScale({ fromUs: 0, toUs: props.durationUs, widthPx: widthPx(), gaps: props.gaps, foldsIdle: props.foldsIdle }),
  )
  const headX = createMemo(() => scale().toX(props.positionUs))
  const current = createMemo(() => {
    void props.revision
    const frame = props.frames[props.index]
    if (!frame) return null
    const x = scale().toX(frame.atUs)
    return { x, width: Math.max(3, scale().toX(frame.endUs ?? props.durationUs) - x) }
  })
  const hitXs = createMemo(() => {
    void props.revision
    const at = scale()
    return [...new Set(props.hits.map(index => Math.round(at.toX(props.frames[index]?.atUs ?? 0))))]
  })
  /** One mark a pixel, of the strictest there. */
  const flipMarks = createMemo(() => {
    void props.revision
    const at = scale()
    const marks = new Map<number, Verdict>()
    for (const { index, after } of props.flips) {
      const x = Math.round(at.toX(props.frames[index]?.atUs ?? 0))
      const there = marks.get(x)
      if (there === undefined || strictness.indexOf(after) > strictness.indexOf(there)) marks.set(x, after)
    }
    return [...marks]
  })
  const hovered = createMemo(() => {
    const x = hoverX()
    if (x === null) return null
    const atUs = scale().toUs(x)
    const gap = scale().idle.find(band => band.fromX <= x && x <= band.toX)?.gap
    const frame = props.frames[props.frameAt(atUs)]
    return { x, atUs, gap, frame: frame && frame.atUs <= atUs ? frame : undefined }
  })

  onMount(() => {
    const sizes = new ResizeObserver(([entry]) => entry && setWidthPx(Math.floor(entry.contentRect.width)))
    sizes.observe(track)
    const themes = new MutationObserver(() => setTheme(n => n + 1))
    themes.observe(document.documentElement, { attributes: true })
    const system = matchMedia('(prefers-color-scheme: dark)')
    const onSystem = () => setTheme(n => n + 1)
    system.addEventListener('change', onSystem)
    onCleanup(() => {
      sizes.disconnect()
      themes.disconnect()
      system.removeEventListener('change', onSystem)
    })
  })

  // Laid out and drawn once per picture, however often things change, and in
  // a task of its own: the list has had its turn by then.
  let drawing = 0
  createEffect(() => {
    void props.revision
    theme()
    const at = scale()
    const nowUs = props.durationUs
    if (widthPx() === 0) return
    cancelAnimationFrame(drawing)
    drawing = requestAnimationFrame(() => {
      draw(canvas, timelineLayout({ frames: props.frames, transactions: props.transactions, nowUs, scale: at }), at)
    })
  })
  onCleanup(() => cancelAnimationFrame(drawing))

  const xOf = (event: PointerEvent) => Math.max(0, Math.min(widthPx(), event.clientX - track.getBoundingClientRect().left))
  const scrub = (event: PointerEvent) => props.onSeek(scale().toUs(xOf(event)))

  return (
    <div class="rp-timeline">
      <div
        ref={element => (track = element)}
        class="rp-track"
        classList={{ 'is-scrubbing': isScrubbing() }}
        role="slider"
        tabindex="0"
        aria-label="Position in the recording"
        aria-valuemin={0}
        aria-valuemax={Math.round(props.durationUs / 1000)}
        aria-valuenow={Math.round(props.positionUs / 1000)}
        aria-valuetext={`${spokenOffset(props.positionUs)}, command ${props.n} of ${props.count}`}
        on:keydown={event => {
          if (event.key !== ' ') return
          event.preventDefault()
          props.onToggle()
        }}
        onPointerDown={event => {
          if (event.button !== 0) return
          track.setPointerCapture(event.pointerId)
          setIsScrubbing(true)
          scrub(event)
        }}
        onPointerMove={event => {
          setHoverX(xOf(event))
          if (isScrubbing()) scrub(event)
        }}
        onPointerUp={() => setIsScrubbing(false)}
        onPointerCancel={() => setIsScrubbing(false)}
        onPointerLeave={() => setHoverX(null)}
      >
        <canvas ref={element => (canvas = element)} class="rp-lanes" aria-hidden="true" />
        <Show when={current()}>
          {at => <span class="rp-current" style={{ transform: `translateX(${at().x}px)`, width: `${at().width}px` }} />}
        </Show>
        <For each={hitXs()}>{x => <span class="rp-hit" style={{ transform: `translateX(${x}px)` }} />}</For>
        <For each={flipMarks()}>{([x, after]) => <span class={`rp-flip is-${after}`} style={{ transform: `translateX(${x}px)` }} />}</For>
        <span class="rp-head" style={{ transform: `translateX(${headX()}px)` }} />
        <Show when={hovered()}>
          {at => (
            <div class="rp-hover" style={{ left: `${Math.max(hoverHalfPx, Math.min(at().x, widthPx() - hoverHalfPx))}px` }}>
              <span class="mono">{offsetLabel(at().atUs)}</span>
              <Show
                when={at().gap}
                fallback={
                  <span class="rp-hover-text mono">
                    <Visible text={at().frame?.preview ?? ''} />
                  </span>
                }
              >
                {gap => <span class="rp-hover-text">idle {offsetLabel(gap().toUs - gap().fromUs)}</span>}
              </Show>
            </div>
          )}
        </Show>
      </div>
    </div>
  )
}

const flagColours: Record<FlagKind, string> = { error: '--deny', denied: '--deny', held: '--hold', masked: '--mask' }

function draw(canvas: HTMLCanvasElement, layout: TimelineLayout, { widthPx, idle }: TimeScale): void {
  const ratio = devicePixelRatio
  canvas.width = widthPx * ratio
  canvas.height = heightPx * ratio
  canvas.style.width = `${widthPx}px`
  const paint = canvas.getContext('2d')
  if (!paint) return
  const colour = colours(canvas)
  paint.setTransform(ratio, 0, 0, ratio, 0, 0)
  paint.clearRect(0, 0, widthPx, heightPx)

  paint.fillStyle = colour('--sunken')
  for (const lane of Object.values(lanes)) paint.fillRect(0, lane.top, widthPx, lane.height)
  drawIdle(paint, idle, colour('--line-strong'))

  for (const block of layout.transactions) {
    paint.fillStyle = colour(block.outcome === 'rolled back' ? '--faint' : '--line-strong')
    const { top, height } = lanes.transactions
    if (block.outcome !== 'rolled back') paint.fillRect(block.x, top, block.width, height)
    else for (let x = 0; x < block.width; x += 5) paint.fillRect(block.x + x, top + 1.5, Math.min(3, block.width - x), height - 3)
  }
  paint.fillStyle = colour('--accent')
  paint.globalAlpha = 0.6
  const bars = lanes.durations
  layout.durations.forEach((share, x) => {
    if (share > 0) paint.fillRect(x, bars.top + bars.height * (1 - share), 1, bars.height * share)
  })
  paint.globalAlpha = 1
  paint.fillStyle = colour('--muted')
  layout.rows.forEach((share, x) => {
    const height = Math.max(2, lanes.rows.height * share)
    if (share > 0) paint.fillRect(x, lanes.rows.top + lanes.rows.height - height, 1, height)
  })
  for (const block of layout.flags) {
    paint.fillStyle = colour(flagColours[block.flag])
    paint.fillRect(block.x - 1, lanes.flags.top, Math.max(3, block.width + 1), lanes.flags.height)
  }
}

function drawIdle(paint: CanvasRenderingContext2D, idle: readonly { fromX: number; toX: number }[], colour: string): void {
  paint.strokeStyle = colour
  paint.lineWidth = 1
  for (const band of idle) {
    const width = band.toX - band.fromX
    if (width < 3) continue
    paint.save()
    paint.beginPath()
    paint.rect(band.fromX, lanes.durations.top, width, heightPx)
    paint.clip()
    paint.clearRect(band.fromX, 0, width, heightPx)
    paint.globalAlpha = 0.6
    paint.beginPath()
    for (let x = band.fromX - heightPx; x < band.toX; x += 5) {
      paint.moveTo(x, heightPx)
      paint.lineTo(x + heightPx, 0)
    }
    paint.stroke()
    paint.restore()
  }
}

/** Reads a token's colour as this theme resolves it; a canvas cannot read `light-dark()` itself. */
function colours(near: HTMLElement): (token: string) => string {
  const probe = document.createElement('span')
  near.parentElement?.append(probe)
  const known = new Map<string, string>()
  const read = (token: string) => {
    probe.style.color = `var(${token})`
    const value = getComputedStyle(probe).color
    known.set(token, value)
    return value
  }
  queueMicrotask(() => probe.remove())
  return token => known.get(token) ?? read(token)
}
