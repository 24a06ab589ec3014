/** The middle one; null when one of them is missing. */
export function median(values) {
  if (values.some(value => value === null)) return null
  return percentile(values, 0.5)
}

/** The value below which that share of all lies. */
export function percentile(values, share) {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
}

/** A number as wide as it is exact. */
export function show(value) {
  if (value === null) return ''
  if (value >= 10_000) return `${Math.round(value / 1000)} k`
  if (Number.isInteger(value)) return String(value)
  return value.toFixed(value >= 100 ? 0 : value < 10 ? 2 : 1)
}

/** Prints a table in Markdown; the first column holds words, the others numbers. */
export function printTable(title, columns, rows) {
  console.log(`${title}\n`)
  console.log(`| | ${columns.join(' | ')} |`)
  console.log(`|---|${columns.map(() => '--:|').join('')}`)
  for (const [label, ...values] of rows)
    console.log(`| ${label} | ${values.map(value => (typeof value === 'number' ? show(value) : (value ?? ''))).join(' | ')} |`)
  console.log('')
}
