# For the other scripts here: run a command, pass signals on to it, and wait for it.
#
#     attend COMMAND [ARGUMENT ...]
#
# runs a command in the background, so that this shell still sees signals, passes SIGINT, SIGTERM and
# SIGHUP on to it as SIGTERM, and returns its status, also in $status, once it has ended. After
# such a signal $stopped is not empty, and the file named by $stopping, if set, exists.
child='' stopped='' status=0
stop() {
	stopped=1
	[ -z "${stopping-}" ] || : >"$stopping"
	[ -z "$child" ] || kill -TERM "$child" 2>/dev/null
}
trap stop INT TERM HUP

attend() {
	"$@" &
	child=$!
	[ -z "$stopped" ] || stop
	wait "$child" 2>/dev/null
	status=$?
	while kill -0 "$child" 2>/dev/null; do
		wait "$child" 2>/dev/null
		status=$?
	done
	child=''
	return "$status"
}
