import type { Column, ContentBlock } from '@steno/recordings'

// A target shows whoever may see them the passwords that it keeps for others:
// of roles, user mappings, servers and subscriptions. The client gets them, as
// from any server; nobody reads them back out of a recording.

const hidden = '[masked]'

/** Words of a text without which nothing of the kind is told. */
const mayTell =
  /rolpassword|passwd|pg_authid|pg_shadow|subconninfo|pg_subscription|umoptions|pg_user_mapping|user_mapping_options|srvoptions|pg_foreign_server|foreign_server_options|option_value/i
/** What is worked out from these may be one, in whatever form. */
const tellsPlainly = /rolpassword|passwd|subconninfo|umoptions|option_value/i
const plainNames = new Set(['rolpassword', 'passwd', 'option_value'])

/** The types of values that hold no text: bool, char, integers, floats, oid, tid, xid, cid, dates and times, numeric, uuid. */
const textless = new Set([16, 18, 20, 21, 23, 26, 27, 28, 29, 700, 701, 1082, 1083, 1114, 1184, 1186, 1266, 1700, 2950])

/** A password in a connection string, a list of options or JSON; in an array's element it is all that follows. */
const password =
  /(?<element>"(?:ssl)?pass(?:word|wd)=)(?:[^"\\]|\\.)*|(?<key>\b(?:ssl)?pass(?:word|wd)["']?\s*(?:=>|[=:]\s*|\s+(?=')))(?:'(?:[^'\\]|''|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s,;}&'"]+)|(?<url>:\/\/[^/\s:@]*:)[^/\s@]+(?=@)|SCRAM-SHA-256\$[^\s,"'}]+|\bmd5[0-9a-f]{32}\b/gi

/** How one cell is held in the record: whole or without passwords, by its column. */
export type SecretColumn = 'whole' | 'passwords' | null

/** Whether an answer to a text may hold passwords that a target keeps. */
export function mayTellSecrets(text: string): boolean {
  return mayTell.test(text)
}

/** How the columns of an answer to a text are held; null where all are as they come. */
export function secretColumns(text: string, columns: Column[]): SecretColumn[] | null {
  if (columns.every(({ typeOid }) => textless.has(typeOid)) || !mayTellSecrets(text)) return null
  return columns.map(({ name, typeOid, tableOid }) => {
    if (textless.has(typeOid)) return null
    return plainNames.has(name.toLowerCase()) || (tableOid === 0 && tellsPlainly.test(text)) ? 'whole' : 'passwords'
  })
}

/** A value without the passwords in it; null where it has none. */
export function withoutPasswords(value: string, column: SecretColumn): string | null {
  if (column === null || value === '') return null
  if (column === 'whole') return hidden
  const after = value.replace(password, (...match) => {
    const { element = '', key = '', url = '' } = match.at(-1) as Record<string, string | undefined>
    return `${element}${key}${url}${hidden}`
  })
  return after === value ? null : after
}

/** What COPY gives of such a text, as the record has it: with nothing in its rows, which do not say what their columns are. */
export function withoutRows({ count }: ContentBlock): ContentBlock {
  const ranges = new Int32Array(2 * count)
  for (let i = 0; i < count; i++) ranges.set([0, hiddenRow.length], 2 * i)
  return { bytes: hiddenRow, ranges, count }
}

const hiddenRow = new TextEncoder().encode(`${hidden}\n`)
