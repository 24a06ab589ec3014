import { Malformed, type ValueReader } from './value-reader.ts'

// Dates and times as datetime.c prints them with DateStyle ISO, IntervalStyle
// postgres, and a time with zone in UTC, whatever the session's TimeZone is.

/** Days from 1970-01-01 to 2000-01-01, where PostgreSQL counts from. */
const epochDays = 10_957
const usPerDay = 86_400_000_000n
// The first and last values that PostgreSQL takes (datatype/timestamp.h).
const dateMin = -2_451_545
const dateMax = 2_145_031_948
const timestampMin = -211_813_488_000_000_000n
const timestampEnd = 9_223_371_331_200_000_000n
const zoneSecondsMax = 16 * 3600
const int32Min = -0x80000000
const int32Max = 0x7fffffff
const int64Min = -0x8000000000000000n
const int64Max = 0x7fffffffffffffffn

export function dateText(reader: ValueReader): string {
  const days = reader.int32()
  if (days === int32Max) return 'infinity'
  if (days === int32Min) return '-infinity'
  if (days < dateMin || days > dateMax) throw new Malformed('date out of range')
  return calendarText(days, '')
}

export function timestampText(reader: ValueReader, zone: '' | '+00'): string {
  const us = reader.int64()
  if (us === int64Max) return 'infinity'
  if (us === int64Min) return '-infinity'
  if (us < timestampMin || us >= timestampEnd) throw new Malformed('timestamp out of range')
  const timeOfDay = ((us % usPerDay) + usPerDay) % usPerDay
  return calendarText(Number((us - timeOfDay) / usPerDay), ` ${clockText(timeOfDay)}${zone}`)
}

export function timeText(reader: ValueReader): string {
  const us = reader.int64()
  if (us < 0n || us > usPerDay) throw new Malformed('time out of range')
  return clockText(us)
}

/** The zone is sent as seconds west of Greenwich and printed as hours east. */
export function timetzText(reader: ValueReader): string {
  const time = timeText(reader)
  const west = reader.int32()
  if (Math.abs(west) >= zoneSecondsMax) throw new Malformed('time zone out of range')
  const size = Math.abs(west)
  const parts = [Math.floor(size / 3600), Math.floor(size / 60) % 60, size % 60]
  while (parts.length > 1 && parts.at(-1) === 0) parts.pop()
  return `${time}${west > 0 ? '-' : '+'}${parts.map(pad).join(':')}`
}

/** Each part has its own sign; a plus is written behind a minus. */
export function intervalText(reader: ValueReader): string {
  const us = reader.int64()
  const days = reader.int32()
  const months = reader.int32()
  if (us === int64Max && days === int32Max && months === int32Max) return 'infinity'
  if (us === int64Min && days === int32Min && months === int32Min) return '-infinity'
  const parts: string[] = []
  let isNegativeBefore = false
  const part = (value: number, unit: string) => {
    if (value === 0) return
    parts.push(`${isNegativeBefore && value > 0 ? '+' : ''}${value} ${unit}${value === 1 ? '' : 's'}`)
    isNegativeBefore = value < 0
  }
  part(Math.trunc(months / 12), 'year')
  part(months % 12, 'mon')
  part(days, 'day')
  if (us !== 0n || parts.length === 0) parts.push((us < 0n ? '-' : isNegativeBefore ? '+' : '') + clockText(us < 0n ? -us : us))
  return parts.join(' ')
}

/** A day of the proleptic Gregorian calendar, counted from 2000-01-01, and what follows it. Years before the first are counted from 1, with BC at the end. */
function calendarText(daysSince2000: number, rest: string): string {
  // Howard Hinnant's days-to-civil: years begin in March, eras have 400 of them.
  const days = daysSince2000 + epochDays + 719_468
  const era = Math.floor(days / 146_097)
  const dayOfEra = days - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  const shown = String(year > 0 ? year : 1 - year).padStart(4, '0')
  return `${shown}-${pad(month)}-${pad(day)}${rest}${year > 0 ? '' : ' BC'}`
}

function clockText(us: bigint): string {
  const seconds = Number(us / 1_000_000n)
  const fraction = Number(us % 1_000_000n)
  const shown = fraction === 0 ? '' : `.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`
  return `${pad(Math.floor(seconds / 3600))}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}${shown}`
}

function pad(value: number): string {
  return String(value).padStart(2, '0')
}
