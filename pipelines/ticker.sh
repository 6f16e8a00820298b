# For scripts: a sign of life on a terminal while a command is quiet.
#
#     tick WORDS [FILE OTHER]
#     untick
#
# Between the two calls, the terminal's last line shows WORDS, or OTHER once FILE exists, and the time so far, updated
# every second. Other output overwrites it. Shows nothing if standard error is not
# a terminal, or with MC_QUIET.
ticker=''
tick() {
	[ -t 2 ] && [ -z "${MC_QUIET-}" ] || return 0
	(
		trap '' INT TERM HUP
		exec </dev/null >/dev/null
		start=$(date +%s)
		while sleep 1 && kill -0 $$ 2>/dev/null; do
			s=$(($(date +%s) - start))
			[ -z "${2-}" ] || [ ! -e "$2" ] || set -- "$3"
			printf '%s %d:%02d \r' "$1" $((s / 60)) $((s % 60)) >&2
		done
	) &
	ticker=$!
}
untick() {
	[ -n "$ticker" ] || return 0
	kill -KILL "$ticker" 2>/dev/null
	wait "$ticker" 2>/dev/null
	ticker=''
	printf '\033[K' >&2
}
