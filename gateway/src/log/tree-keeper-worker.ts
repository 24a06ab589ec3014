import { nodeDisk } from '../runtime/node-disk.ts'
import { thisThread } from '../runtime/thread.ts'
import type { KeptHeads, KeeperAsk } from './threaded-tree-keeper.ts'
import { Trees } from './tree-keeper.ts'

/**
 * The sessions go first, but not by so much that a busy machine leaves their
 * lines unanchored for long.
 */
const niceness = 5

const { tell, onTold } = thisThread<null, KeptHeads, KeeperAsk>({ niceness })
const trees = new Trees(nodeDisk())

onTold(ask => {
  if (ask.kind === 'forget') trees.forget(ask.id)
  else tell({ number: ask.number, heads: ask.asked.map(file => trees.head(file)) })
})
