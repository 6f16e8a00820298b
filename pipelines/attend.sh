# For the scripts beside this one: commands that are told of signals and waited for.
#
#     attend COMMAND [ARGUMENT ...]
#
# runs a command in the background, where this shell still sees signals, hands SIGINT, SIGTERM and
# SIGHUP on to it as SIGTERM, and returns its status, also in $status, once it has ended. After
# such a signal $stopped is not empty, and the file $stopping exists, if that has a name.
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
