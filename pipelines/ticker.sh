# For scripts: something that moves on a terminal while a command says nothing.
#
#     tick WORDS [FILE OTHER]
#     untick
#
# From the one to the other, WORDS and the time since then stand in the terminal's last line, anew
# every second; OTHER once FILE exists. Whatever else is written there goes over it. Nothing without
# a terminal on standard error, or with MC_QUIET.
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
