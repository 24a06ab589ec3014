import { For, Show, type JSX } from 'solid-js'
import ChevronFirst from 'lucide-solid/icons/skip-back'
import ChevronLast from 'lucide-solid/icons/skip-forward'
import Maximize from 'lucide-solid/icons/maximize'
import Pause from 'lucide-solid/icons/pause'
import Play from 'lucide-solid/icons/play'
import Search from 'lucide-solid/icons/search'
import { durationOfUs, offsetLabel } from './offset.ts'
import { playerSpeeds, type Gap, type Player, type PlayerSpeed } from './player.ts'

export interface TransportProps {
  player: Player
  /** The session's start, for times of day. */
  startedAtUs: number | null
  showsTimeOfDay: boolean
  flagged: number
  isSearching: boolean
  onStep(by: 1 | -1): void
  onStepFlagged(by: 1 | -1): void
  onToggleTimeOfDay(): void
  onSearch(): void
  onFullscreen(): void
}

/** The buttons that move the play head, the time, and what is skipped. */
export function Transport(props: TransportProps): JSX.Element {
  const isPlaying = () => props.player.state() === 'playing'
  const isLive = () => props.player.track().growth === 'live'
  return (
    <div class="rp-transport">
      <div class="rp-buttons" role="group" aria-label="Playback">
        <button type="button" class="rp-button" aria-label="Previous command" title="Previous command (p)" onClick={() => props.onStep(-1)}>
          <ChevronFirst size={15} />
        </button>
        <button
          type="button"
          class="rp-button is-main"
          aria-label={isPlaying() ? 'Pause' : 'Play'}
          title={isPlaying() ? 'Pause (space)' : 'Play (space)'}
          onClick={() => props.player.toggle()}
        >
          <Show when={isPlaying()} fallback={<Play size={15} />}>
            <Pause size={15} />
          </Show>
        </button>
        <button type="button" class="rp-button" aria-label="Next command" title="Next command (n)" onClick={() => props.onStep(1)}>
          <ChevronLast size={15} />
        </button>
      </div>
      <button type="button" class="rp-time mono" title="Time of day or time since the start (a)" onClick={() => props.onToggleTimeOfDay()}>
        <span>{timeLabel(props.player.positionUs(), props)}</span>
        <span class="rp-duration"> / {timeLabel(props.player.track().durationUs, props)}</span>
      </button>
      <Show when={isLive() && props.player.state() !== 'live'}>
        <button type="button" class="rp-quiet" onClick={() => props.player.goLive()}>
          {durationOfUs(props.player.track().durationUs - props.player.positionUs())} behind, go live <kbd>End</kbd>
        </button>
      </Show>
      <span class="rp-fill" />
      <label class="rp-speed">
        <span class="rp-sr">Speed</span>
        <select
          aria-label="Speed"
          value={props.player.speed()}
          onChange={event => props.player.setSpeed(Number(event.currentTarget.value) as PlayerSpeed)}
        >
          <For each={playerSpeeds}>{speed => <option value={speed}>{speed}×</option>}</For>
        </select>
      </label>
      <Show when={props.player.track().gaps.length > 0}>
        <button
          type="button"
          class="rp-quiet rp-idle"
          aria-pressed={props.player.skipsIdle()}
          title="Skip idle (i)"
          onClick={() => props.player.setSkipsIdle(!props.player.skipsIdle())}
        >
          {idleLabel(props.player.track().gaps, props.player.skipsIdle())}
        </button>
      </Show>
      <Show when={props.flagged > 0}>
        <button type="button" class="rp-quiet rp-flagged" title="Next flagged command (N)" onClick={() => props.onStepFlagged(1)}>
          next of {props.flagged.toLocaleString('en')} flagged <kbd>N</kbd>
        </button>
      </Show>
      <button
        type="button"
        class="rp-button is-bare"
        aria-label="Search inside"
        title="Search inside (/)"
        aria-pressed={props.isSearching}
        onClick={() => props.onSearch()}
      >
        <Search size={15} />
      </button>
      <button
        type="button"
        class="rp-button is-bare rp-wide"
        aria-label="Full screen"
        title="Full screen (f)"
        onClick={() => props.onFullscreen()}
      >
        <Maximize size={15} />
      </button>
    </div>
  )
}

function timeLabel(atUs: number, view: Pick<TransportProps, 'showsTimeOfDay' | 'startedAtUs'>): string {
  if (!view.showsTimeOfDay || view.startedAtUs === null) return offsetLabel(atUs)
  return new Date((view.startedAtUs + atUs) / 1000).toISOString().slice(11, 23)
}

function idleLabel(gaps: readonly Gap[], skips: boolean): string {
  const idleUs = gaps.reduce((sum, gap) => sum + gap.toUs - gap.fromUs, 0)
  const where = gaps.length === 1 ? '1 gap' : `${gaps.length.toLocaleString('en')} gaps`
  return skips ? `idle skipped: ${durationOfUs(idleUs)} in ${where}` : `idle kept: ${durationOfUs(idleUs)} in ${where}`
}
