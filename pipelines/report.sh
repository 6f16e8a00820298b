# For figures: the report on finished runs, whatever made them.
#
#     report VARIABLE=VALUE ...
#
# Measures each finished run of EPISODES in OUT once, with report-run, and draws the page; see report.mk.

# The runs selected by TASKS, METHODS and SEEDS, as TASK/LABEL/SEED; each word of these must select some.
find_done() {
	find -L "$OUT/runs-$EPISODES" -mindepth 4 -maxdepth 4 -name run.done -printf '%P\n' 2>/dev/null | sed -n 's|/run.done$||; /\/[0-9]*$/p' |
		sort -t / -k 1,1 -k 2,2 -k 3,3n |
		awk -F / -v TASKS="$TASKS" -v METHODS="$METHODS" -v SEEDS="$SEEDS" '
		BEGIN { name[1] = "TASKS"; name[2] = "METHODS"; name[3] = "SEEDS"; take(1, TASKS); take(2, METHODS); take(3, SEEDS) }
		function take(k, list,   n, i, word) {
			all[k] = (n = split(list, word, " ")) == 0
			for (i = 1; i <= n; i++)
				wanted[k, word[i]] = 1
		}
		{ for (k = 1; k <= 3; k++) if (!all[k] && !((k, $k) in wanted)) next }
		{ for (k = 1; k <= 3; k++) found[k, $k] = 1; print }
		END { for (key in wanted) if (!(key in found)) { split(key, of, SUBSEP); print "!" name[of[1]] ": no run of " of[2] } }'
}
nothing() { echo "$self: $1 is done in $OUT/runs-$EPISODES" >&2; exit 66; }
# Sets DONE.
need_done() {
	DONE=$(find_done)
	case $DONE in
	*!*) nothing "$(echo "$DONE" | sed -n 's/^!//p' | sort | head -n 1)" ;;
	'')
		others=$(cd "$OUT" 2>/dev/null && for runs in runs-*/*/*/*/run.done; do
			runs=${runs%%/*} && echo "EPISODES=${runs#runs-}"
		done | grep -v '\*' | sort -u | xargs)
		nothing "no run${others:+ ($others has some)}"
		;;
	esac
	for run in $DONE; do
		plain OUT "$run"
	done
}
measure() {
	list_runs report runs
	left=0
	while read -r run; do
		report=${run%run.done}report
		# That of a version that measured less is made again.
		grep -qs '"influence_action"' "$report/evaluation" || rm -f "$report/done" "$report/evaluation"
		[ "$report/done" -nt "$run" ] || left=$((left + 1))
	done <"$tmp/runs"
	FIGURE_RUNS=$tmp/runs
	export FIGURE_RUNS FIGURE_THREADS
	[ "$left" -eq 0 ] ||
		say "$left of $(wc -l <"$tmp/runs") runs to measure, $JOBS at a time, threads each: $FIGURE_THREADS"
	finish -k "-j$JOBS" measured-report || exit
}
report() {
	SEEDS='' # all
	for setting; do
		case ${setting%%=*} in
		LAMBDAS | ENGINE | DEVICE | ROLLOUT | METALEARN | CRITIC | HOSTS | SBATCH_EXTRA | SWEEP | ENV_*)
			fail "${setting%%=*}: report makes no runs; it has TASKS, METHODS, SEEDS, EPISODES, JOBS and OUT"
			;;
		esac
		assign "$setting"
	done
	check_settings
	[ -z "$SEEDS" ] || check_seeds
	check_jobs
	find_programs
	command -v jq >/dev/null || { echo "$self: jq is not in PATH; install the package jq" >&2; exit 69; }
	need_done
	open_out
	echo "DONE :=" $DONE | listed labels.mk || exit
	tick 'report:' "$stopping" 'report: stopping,'
	# One at a time, as they share what is measured.
	{ true >>"$OUT/report.lock"; } 2>/dev/null || cannot_write
	exec 8>>"$OUT/report.lock"
	attended flock 8
	measure
	draw report
}
