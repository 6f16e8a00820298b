# For figures and report.sh: sets variables from VARIABLE=VALUE, and checks them.
#
#     assign VARIABLE=VALUE    sets one of those below; for most, an empty value means the default
#     read_experiment FILE     does so for each line of a file
#     check_settings           refuses invalid values; removes repeated words from TASKS, METHODS and LAMBDAS
#     check_seeds              expands SEEDS to a list
#     check_jobs               sets JOBS, by default the number of CPUs, and FIGURE_THREADS, the threads of each job
#
# $own has the names of the user's own tasks, from ENV_NAME. An invalid value ends the script with exit status 64 and a line
# that begins with $self.
TASKS='' METHODS='' DEVICE='' SEEDS=3 EPISODES=50000 JOBS='' OUT=out LAMBDAS='0 0.1 0.3 1' ROLLOUT='' METALEARN='' CRITIC=''
ENGINE=local HOSTS='' SBATCH_EXTRA='' SWEEP='' own=''

fail() { echo "$self: $1" >&2; exit 64; }

# ---- setting ----

assign() { # NAME=VALUE
	value=${1#*=}
	case $1 in
	TASKS=* | METHODS=* | DEVICE=* | ROLLOUT=* | METALEARN=* | CRITIC=* | HOSTS=* | SBATCH_EXTRA=* | SWEEP=*) eval "${1%%=*}=\$value" ;;
	SEEDS=* | EPISODES=* | JOBS=* | OUT=* | LAMBDAS=* | ENGINE=*) [ -z "$value" ] || eval "${1%%=*}=\$value" ;;
	ENV_[A-Za-z0-9]*=*)
		name=${1%%=*}
		case $name in
		*[!A-Za-z0-9_]*) fail "$name: letters, digits and _ only in the name of a task, please" ;;
		esac
		case $value in
		*'
'*) fail "$name: one line, please; a longer command can be a script" ;;
		esac
		eval "$name=\$value"
		own="$own ${name#ENV_}"
		;;
	*) fail "$1: no such variable; see $self -h" ;;
	esac
}
# An experiment: one variable per line, its value quoted or not; # begins a comment line. Blanks around it are ignored,
# and so are carriage returns at the end.
read_experiment() {
	[ -r "$1" ] && [ ! -d "$1" ] || { echo "$self: $1: cannot open it" >&2; exit 66; }
	while IFS= read -r line || [ -n "$line" ]; do
		line=${line#"${line%%[![:space:]]*}"} line=${line%"${line##*[![:space:]]}"}
		case $line in
		'' | '#'*) continue ;;
		esac
		case ${line#*=} in
		\'*\' | \"*\") value=${line#*=?} line=${line%%=*}=${value%?} ;;
		esac
		assign "$line"
	done <"$1"
}

# ---- checking ----

number() { # NAME VALUE: a whole number from 1
	case $2 in
	'' | *[!0-9]* | 0*) fail "$1: \"$2\" is not a number from 1" ;;
	??????????*) fail "$1: $2 is too large" ;;
	esac
}
# Make and the shells between it and the programs take these words without quotes.
plain() { # NAME VALUE
	case $2 in
	*[!A-Za-z0-9_./,:=+@\ -]*) fail "$1: \"$2\": letters, digits, blanks and _./,:=+@- only, please" ;;
	esac
}
# Each word once, in order.
once() { printf '%s\n' "$@" | awk 'NF && !seen[$0]++' | tr '\n' ' ' | sed 's/ $//'; }
# A single number is how many; several, and ranges, are the seeds themselves. A range is cut where it is too long anyway.
expand_seeds() {
	case $* in
	*[!0-9\ -]* | '') fail "SEEDS: \"$*\" is neither a number of seeds nor a list of them" ;;
	*[\ -]*) ;;
	*) number SEEDS "$1"; set -- "1-$1" ;;
	esac
	for s; do
		case $s in
		-* | *- | *-*-*) fail "SEEDS: \"$s\" is not a range" ;;
		*-*) seq "${s%-*}" "${s#*-}" | head -n 20000 ;;
		*) seq "$s" "$s" ;; # without leading zeros
		esac
	done
}
# shellcheck disable=SC2086  # lists of words
check_settings() {
	for v in TASKS METHODS LAMBDAS SEEDS OUT ROLLOUT METALEARN CRITIC HOSTS SWEEP; do
		eval "plain $v \"\$$v\""
	done
	case $OUT in
	-*) OUT=$PWD/$OUT ;; # make would take a leading ./ away
	esac
	case $OUT in
	*[' =:']*) fail "OUT: \"$OUT\": a directory without blanks, = and :, please" ;;
	esac
	TASKS=$(once $TASKS)
	METHODS=$(once $METHODS)
	LAMBDAS=$(once $LAMBDAS)
	own=$(once $own)
	number EPISODES "$EPISODES"
}
# shellcheck disable=SC2086  # a list of words
check_seeds() {
	given=$SEEDS
	SEEDS=$(expand_seeds $SEEDS) || exit
	[ -n "$SEEDS" ] || fail 'SEEDS: an empty range'
	# As words for make they must fit into one argument.
	[ ${#SEEDS} -lt 100000 ] || fail "SEEDS: \"$given\" are too many; a single number is how many, and 7-7 is only seed 7"
	SEEDS=$(printf '%s\n' $SEEDS | sort -nu | tr '\n' ' ')
}
check_jobs() {
	FIGURE_THREADS=1
	[ -z "$JOBS" ] || number JOBS "$JOBS"
	[ $ENGINE = local ] || return 0
	cpus=$("$here/cpus")
	: "${JOBS:=$cpus}"
	[ "$JOBS" -gt "$cpus" ] || FIGURE_THREADS=$((cpus / JOBS))
}
