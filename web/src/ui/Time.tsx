import type { JSX } from 'solid-js'
import { createNow, nowMs } from '../clock.ts'
import { absoluteLabel, ageLabel, bytesLabel, clockLabel, countLabel, durationLabel } from './labels.ts'

export interface TimeProps {
  /** RFC 3339. */
  at: string
  /** `clock`: the time of day in UTC; `age`: how long ago; `absolute`: everything. The other two are in the tooltip. */
  as?: 'clock' | 'age' | 'absolute'
}

/** A moment; the tooltip has it whole, with its zone. */
export function Time(props: TimeProps): JSX.Element {
  const date = (): Date => new Date(props.at)
  const isReadable = (): boolean => !Number.isNaN(date().getTime())
  return (
    <time dateTime={props.at} title={isReadable() ? `${absoluteLabel(date())}\n${date().toLocaleString()} here` : undefined}>
      {isReadable() ? <Label date={date()} as={props.as ?? 'clock'} /> : '–'}
    </time>
  )
}

function Label(props: { date: Date; as: 'clock' | 'age' | 'absolute' }): JSX.Element {
  if (props.as === 'absolute') return <>{absoluteLabel(props.date)}</>
  if (props.as === 'clock') return <>{clockLabel(props.date, new Date(nowMs()))}</>
  const now = createNow(15_000)
  return <>{ageLabel(now() - props.date.getTime())}</>
}

/** A duration in the unit that fits it; a dash where it is not known. */
export function Duration(props: { ms: number | null }): JSX.Element {
  return <span class="figures">{props.ms === null ? '–' : durationLabel(props.ms)}</span>
}

/** How long something that still runs has run. */
export function Running(props: { since: string }): JSX.Element {
  const now = createNow(1000)
  return <span class="figures">{durationLabel(Math.max(0, Math.floor((now() - new Date(props.since).getTime()) / 1000) * 1000))}</span>
}

/** A size in the unit that fits it, exact in the tooltip. */
export function Bytes(props: { bytes: number }): JSX.Element {
  return (
    <span class="figures" title={`${countLabel(props.bytes)} bytes`}>
      {bytesLabel(props.bytes)}
    </span>
  )
}

/** A count with its thousands apart; nothing is a faint dash. */
export function Count(props: { count: number; showsZero?: boolean }): JSX.Element {
  return (
    <span classList={{ figures: true, faint: props.count === 0 }}>
      {props.count === 0 && !props.showsZero ? '–' : countLabel(props.count)}
    </span>
  )
}
