/** The names that a `Notice` has for the fields of chapter 54.8 beyond its own; a letter that is not here is its own name. */
export const noticeFields: Readonly<Record<string, string>> = {
  P: 'position',
  p: 'internalPosition',
  q: 'internalQuery',
  W: 'where',
  s: 'schema',
  t: 'table',
  c: 'column',
  d: 'dataType',
  n: 'constraint',
  F: 'file',
  L: 'line',
  R: 'routine',
}
