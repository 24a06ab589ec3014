import type { Cell, Parameter } from '@steno/recordings'
import { isUtf8 } from '../../runtime/bytes.ts'
import { binaryToText } from './types/binary.ts'
import { hexCell } from './types/hex.ts'
import { typeName } from './types/type-names.ts'

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** Bind values as the record holds them, by the types the target gave the statement, or the client claimed for it. */
export function describeParameters(bind: { formats: number[]; values: (Uint8Array | null)[] }, oids: number[]): Parameter[] {
  return bind.values.map((value, i) => {
    const oid = oids[i] ?? 0
    const format = bind.formats.length === 1 ? bind.formats[0] : (bind.formats[i] ?? 0)
    return { type: oid === 0 ? 'unknown' : typeName(oid), oid, value: valueOf(value, format === 1, oid) }
  })
}

/** A bind value in one short line. */
export function showParameter({ value }: Parameter): string {
  if (value === null) return 'NULL'
  if (typeof value === 'string') return value.length > 80 ? `'${value.slice(0, 79)}…'` : `'${value}'`
  return 'hex' in value ? `\\x${value.hex.slice(0, 80)}` : '…'
}

function valueOf(value: Uint8Array | null, isBinary: boolean, oid: number): Cell {
  if (value === null) return null
  if (isBinary) return binaryToText(oid, value)
  return isUtf8(value) ? utf8.decode(value) : hexCell(value)
}
