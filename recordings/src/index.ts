export type * from './model.ts'
export type * from './search.ts'
