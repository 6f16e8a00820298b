# For the scripts table-*, each called with a directory that has
#
#     runs.tsv             run, machine, command, and seconds where known; the first line names the columns
#     evaluations.jsonl    the output of mc-eval --json --influence for the finished teams; "file" is the run's name and .ckpt
#     greedy.jsonl         the same with --greedy, for teams that learn whom to ask
#     interventions.jsonl  the same with --comm none and with --comm drop=0.5, for teams that talk
#
#     rows FILTER FILE ...
#
# prints the rows that jq's FILTER makes of the objects in these FILEs, its inputs; $runs is the text of runs.tsv, and
# rows.jq is included.
self=${0##*/}
[ $# -eq 1 ] || { echo "usage: $self DIR" >&2; exit 64; }
dir=$1
no() { echo "$self: $2" >&2; exit "$1"; }
rows() {
	command -v jq >/dev/null || no 69 'jq is not in PATH; install the package jq'
	filter=$1 include=$(CDPATH= cd "$(dirname "$0")" && pwd)
	shift
	for file in runs.tsv "$@"; do
		[ -r "$dir/$file" ] || no 66 "$dir/$file: cannot open it"
	done
	CDPATH='' cd "$dir" || no 66 "$dir: cannot open it"
	{ said=$(jq -rn -L "$include" --rawfile runs runs.tsv "include \"rows\"; $filter" "$@" 2>&1 >&3); } 3>&1 && return
	case $said in
	*'riting output'*) no 74 "cannot write the table" ;;
	*) no 65 "$dir: $(printf '%s\n' "$said" | head -n 1)" ;;
	esac
}
