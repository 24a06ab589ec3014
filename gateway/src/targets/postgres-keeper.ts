/**
 * A shell script that runs the server in its arguments until standard input
 * ends, which it does when Steno ends, also by `kill -9`; then it asks the server
 * for a fast shutdown. Its first argument is Steno's process, for others to read.
 */
export const keeper = `
shift
exec 3<&0 </dev/null
"$@" 3<&- &
server=$!
{ read -r _ <&3; kill -INT "$server"; } 2>/dev/null &
watcher=$!
exec 3<&-
wait "$server"
code=$?
kill "$watcher" 2>/dev/null
exit "$code"
`
