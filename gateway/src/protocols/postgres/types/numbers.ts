import { Malformed, type ValueReader } from './value-reader.ts'

// Numbers as float4out, float8out (common/d2s.c, f2s.c) and numeric_out print
// them with the default `extra_float_digits`.

/** From these sizes on an exponent is written. */
const float4ExponentMax = 6
const float8ExponentMax = 15

/** Text of a decimal number: a digit, a point, more digits, times ten to the exponent. */
interface Decimal {
  digits: string
  exponent: number
}

export function float8Text(value: number): string {
  if (!Number.isFinite(value) || value === 0) return specialText(value)
  const size = Math.abs(value)
  let decimal = decimalOf(size.toExponential())
  // Where the shortest text lies exactly between two numbers it reads back as
  // this one by the rule for ties, which PostgreSQL does not lean on.
  for (let digits = decimal.digits.length; digits < 17 && isBetween(decimal, size); digits++)
    decimal = decimalOf(size.toExponential(digits))
  return decimalText(decimal, value < 0, float8ExponentMax)
}

export function float4Text(value: number): string {
  if (!Number.isFinite(value) || value === 0) return specialText(value)
  const size = Math.abs(value)
  const [below, above] = neighbours(size)
  const [low, high] = [(below + size) / 2, (size + above) / 2]
  for (let digits = 1; digits < 9; digits++) {
    const nearest = Number(roundedEven(size, digits))
    // Below a power of two the numbers lie closer, so the nearest text may miss where the next one up fits.
    const next = Number((size + (size - nearest)).toPrecision(digits))
    const found = [nearest, next].find(candidate => candidate > low && candidate < high)
    if (found !== undefined) return decimalText(decimalOf(found.toExponential()), value < 0, float4ExponentMax)
  }
  return decimalText(decimalOf(roundedEven(size, 9)), value < 0, float4ExponentMax)
}

/** As `toExponential`, but what lies in the middle goes to the even digit, not up. */
function roundedEven(value: number, digits: number): string {
  const longer = value.toExponential(digits)
  const five = longer.indexOf('e') - 1
  const kept = longer.slice(0, digits === 1 ? 1 : five)
  const isMiddle = longer[five] === '5' && Number(longer) === value && '02468'.includes(kept.at(-1)!)
  return isMiddle ? kept + longer.slice(five + 1) : value.toExponential(digits - 1)
}

/** Base-10000 digits with a weight, a sign and a display scale (numeric.c, numeric_send). */
export function numericText(reader: ValueReader, lengthMax: number): string {
  const count = reader.uint16()
  const weight = reader.int16()
  const sign = reader.uint16()
  const scale = reader.uint16()
  if (count * 2 !== reader.left) throw new Malformed('expected as many digits as are counted')
  if (sign === 0xc000) return 'NaN'
  if (sign === 0xd000) return 'Infinity'
  if (sign === 0xf000) return '-Infinity'
  if (sign !== 0 && sign !== 0x4000) throw new Malformed('unknown sign')
  if (4 * Math.max(weight, 0) + scale > lengthMax) throw new Malformed('too many zeros')
  const groups = Array.from({ length: count }, () => {
    const group = reader.int16()
    if (group < 0 || group > 9999) throw new Malformed('a digit out of range')
    return String(group).padStart(4, '0')
  })
  const from = (at: number, end: number) => {
    let text = ''
    for (let i = at; i < end; i++) text += groups[i] ?? '0000'
    return text
  }
  const whole = from(0, weight + 1).replace(/^0+/, '') || '0'
  const fraction = from(weight + 1, weight + 1 + Math.ceil(scale / 4)).slice(0, scale)
  return `${sign === 0x4000 ? '-' : ''}${whole}${scale > 0 ? `.${fraction}` : ''}`
}

function specialText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}

function decimalOf(exponential: string): Decimal {
  const [mantissa = '', exponent = ''] = exponential.split('e')
  return { digits: mantissa.replace('.', '').replace(/0+$/, ''), exponent: Number(exponent) }
}

function decimalText({ digits, exponent }: Decimal, isNegative: boolean, exponentMax: number): string {
  const sign = isNegative ? '-' : ''
  if (exponent < -4 || exponent >= exponentMax) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : ''
    return `${sign}${digits[0]}${fraction}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  const fraction = digits.slice(exponent + 1)
  return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`
}

/** Whether a decimal is exactly the middle between a double and the next one. Only large integers have one of 17 digits. */
function isBetween({ digits, exponent }: Decimal, value: number): boolean {
  const zeros = exponent - digits.length + 1
  if (value < 2 ** 53 || value > 1e41 || zeros < 0) return false
  const difference = BigInt(digits) * 10n ** BigInt(zeros) - BigInt(value)
  const step = 2n ** BigInt(Math.floor(Math.log2(value)) - 52)
  return (
    difference * 2n === step || difference * -2n === step || (BigInt.asUintN(52, BigInt(value) / step) === 0n && difference * -4n === step)
  )
}

const single = new DataView(new ArrayBuffer(4))

/** The single-precision numbers beside a positive one. */
function neighbours(value: number): [below: number, above: number] {
  single.setFloat32(0, value)
  const bits = single.getUint32(0)
  const at = (neighbour: number) => {
    single.setUint32(0, neighbour)
    return single.getFloat32(0)
  }
  const below = at(bits - 1)
  const above = at(bits + 1)
  // Above the largest there is infinity; the step to it is as long as the one below.
  return [below, Number.isFinite(above) ? above : value + (value - below)]
}
