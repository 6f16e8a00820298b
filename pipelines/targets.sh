# For figures and report.sh: opens OUT, and calls make on figures.mk.
#
#     open_out            makes OUT, and $tmp, which is removed when the script ends; from here on signals are passed on
#     keep FILE           saves standard input as a file, completely or not at all; exits with 73 if that fails
#     listed NAME         saves standard input as a file in $tmp; likewise
#     targets GOAL ...    calls make with all variables; a signal ends the script with exit status 75
#     list_runs FIGURE NAME
#                         lists the run.done of each of its runs, once, in a file in $tmp
#     draw FIGURE         draws the pictures and tables, and prints their names

cannot_write() { echo "$self: OUT: cannot write to $OUT" >&2; exit 73; }
cannot_list() { echo "$self: TMPDIR: cannot write to ${tmp%/*}" >&2; exit 73; }
keep() { { cat >"$1.tmp" && mv "$1.tmp" "$1"; } 2>/dev/null || { rm -f "$1.tmp"; cannot_write; }; }
listed() { { cat >"$tmp/$1"; } 2>/dev/null || cannot_list; }

open_out() {
	made=''
	( mkdir -p -- "$OUT" && : >>"$OUT/figures.lock" ) 2>/dev/null || cannot_write
	# The lists of runs are in OUT if other machines must see them.
	tmp=${TMPDIR:-/tmp}/mc-figures.XXXXXX
	if [ $ENGINE != local ]; then
		case $PWD$here$MC_BIN in
		*\'*) fail "ENGINE: $ENGINE wants directories without quotes in their names" ;;
		esac
		tmp=$(cd "$OUT" && pwd)/$ENGINE.XXXXXX
	fi
	. "$here/ticker.sh"
	. "$here/attend.sh"
	trap 'untick; [ -z "$made" ] || rm -rf "$made"' EXIT
	trap 'exit 141' PIPE # by way of that
	made=$(mktemp -d "$tmp" 2>/dev/null) || { [ -z "$stopped" ] || exit 75; cannot_list; }
	tmp=$made
	stopping=$tmp/stopping
}

# attended COMMAND ...: a signal ends the command and this script.
attended() {
	attend "$@"
	[ -z "$stopped" ] || { say 'stopped; the same command continues'; exit 75; }
	return $status
}
# targets GOAL ...: make on figures.mk
targets() {
	attended env MAKEFLAGS= MAKELEVEL= make -s --no-print-directory -I "$here" -f "$here/figures.mk" "HERE=$here" \
		"TASKS=$TASKS" "METHODS=$METHODS" "LAMBDAS=$LAMBDAS" "SEEDS=$SEEDS" "EPISODES=$EPISODES" "OUT=$OUT" \
		"ROLLOUT=$ROLLOUT" "METALEARN=$METALEARN" "CRITIC=$CRITIC" "THREADS=$FIGURE_THREADS" \
		"LABELS=$tmp/labels.mk" "GRID_LABELS=$GRID_LABELS" "$@"
}
list_runs() { # FIGURE NAME
	targets "list-$1" >"$tmp/all" 2>"$tmp/said" || { grep -v 'write error' "$tmp/said" >&2 && exit 69; cannot_list; }
	awk '!seen[$0]++' "$tmp/all" | listed "$2" || exit
}

# What fails has printed why in one line, among messages of make; its status is ours.
finish() { # GOAL ...
	targets "$@" 2>"$tmp/said"
	status=$?
	grep -v '^make' "$tmp/said" >"$tmp/words"
	if [ $status -eq 0 ] || [ $status -eq 75 ]; then
		cat "$tmp/words" >&2
		return $status
	fi
	status=$(sed -n 's/^make.*\] Error \([0-9]*\).*/\1/p' "$tmp/said" | head -n 1)
	case $status in
	6[4-9] | 7[0-5] | 1[3-5][0-9]) ;;
	*) status=73 ;;
	esac
	tail -n 1 "$tmp/words" | grep . >&2 || echo "$figure: a picture or table cannot be made in $OUT" >&2
	return "$status"
}

# One process at a time; a picture is drawn again when the list of its runs has changed.
draw() { # FIGURE
	exec 9>>"$OUT/figures.lock"
	attended flock 9
	figures=$1
	[ "$1" != paper ] || figures='fig2 fig3 fig4 fig5'
	[ "$1" != grid ] || keep_experiment # another grid's may have come into its place
	for f in $figures; do
		list_runs "$f" list
		cmp -s "$tmp/list" "$OUT/$f.runs" || keep "$OUT/$f.runs" <"$tmp/list"
	done
	finish "draw-$1" || exit
	untick # names may be shorter than its words
	targets "drawn-$1"
}
