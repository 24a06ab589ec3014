// What asks TypeScript's worker for types. A file of its own, so that the page does not wait for it.
import 'monaco-editor/languages/features/typescript/tsMode'
