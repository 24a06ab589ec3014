import type { TypeEntry } from './completions.ts'
import type { QuickInfo } from './hover.ts'
import { declaredTypes, typeWorker, type Uri } from './monaco.ts'
import type { TypeProblem } from './type-messages.ts'
import type { PolicyTypes } from './typescript-worker.ts'

/** A stretch of a file that TypeScript means. */
export interface TypePlace {
  fileName: string
  start: number
  length: number
}

/** What TypeScript knows of one text. */
export interface TypeService {
  problems(): Promise<TypeProblem[]>
  completions(offset: number): Promise<TypeEntry[]>
  /** What there is to say of one of them. */
  completionInfo(offset: number, name: string): Promise<QuickInfo | null>
  quickInfo(offset: number): Promise<(QuickInfo & { start: number; length: number }) | null>
  definitions(offset: number): Promise<TypePlace[]>
  /** Every place of a name that can have another, or why it cannot. */
  renames(offset: number): Promise<{ places: TypePlace[] } | { reason: string }>
  /** Takes up declarations that were changed; what is asked behind this is answered by them. */
  refresh(): Promise<void>
}

// What Monaco's declarations leave open, after TypeScript 5.9's own.
interface TextSpan {
  start: number
  length: number
}
type Parts = { text: string }[] | undefined
interface Info {
  displayParts?: Parts
  documentation?: Parts
  tags?: { name: string; text?: Parts }[]
}
interface DocumentSpan {
  fileName: string
  textSpan: TextSpan
}
type RenameInfo = { canRename: true } | { canRename: false; localizedErrorMessage: string }

/** Gives what TypeScript's worker knows of one model. */
export function createTypeService(uri: Uri): TypeService {
  const file = uri.toString()
  const worker = () => typeWorker(uri)
  const placeOf = ({ fileName, textSpan }: DocumentSpan): TypePlace => ({ fileName, ...textSpan })
  return {
    async problems() {
      return ((await worker()) as unknown as PolicyTypes).problems(file)
    },
    async completions(offset) {
      const found = (await (await worker()).getCompletionsAtPosition(file, offset)) as { entries: TypeEntry[] } | undefined
      return found?.entries ?? []
    },
    async completionInfo(offset, name) {
      const found = (await (await worker()).getCompletionEntryDetails(file, offset, name)) as Info | undefined
      return found ? infoOf(found) : null
    },
    async quickInfo(offset) {
      const found = (await (await worker()).getQuickInfoAtPosition(file, offset)) as (Info & { textSpan: TextSpan }) | undefined
      return found ? { ...infoOf(found), ...found.textSpan } : null
    },
    async definitions(offset) {
      const found = (await (await worker()).getDefinitionAtPosition(file, offset)) as DocumentSpan[] | undefined
      return (found ?? []).map(placeOf)
    },
    async renames(offset) {
      const asked = await worker()
      const info = (await asked.getRenameInfo(file, offset, { allowRenameOfImportPath: false })) as RenameInfo
      if (!info.canRename) return { reason: info.localizedErrorMessage }
      const found = (await asked.findRenameLocations(file, offset, false, false, false)) as DocumentSpan[] | undefined
      return { places: (found ?? []).map(placeOf) }
    },
    async refresh() {
      // Monaco tells the worker too, but not when it has.
      const asked = (await worker()) as { updateExtraLibs?(libraries: unknown): Promise<void> }
      await asked.updateExtraLibs?.(declaredTypes())
    },
  }
}

function infoOf({ displayParts, documentation, tags = [] }: Info): QuickInfo {
  const told = tags.filter(({ name }) => name === 'param').map(({ text }) => /^(\S+)\s+([^]*)$/.exec(textOf(text).trim()))
  return {
    text: textOf(displayParts),
    documentation: textOf(documentation),
    parameters: told.flatMap(found => (found ? [{ name: found[1]!, text: found[2]! }] : [])),
  }
}

function textOf(parts: Parts): string {
  return (parts ?? []).map(({ text }) => text).join('')
}
