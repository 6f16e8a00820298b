# For figures: makes the missing runs of $figure with the engine.
#
#     make_missing
#
# Runs still missing afterwards are listed on standard error, each with the reason; the script then exits with the first
# status that is not 75.

# Runs of the figure that are not done.
missing() {
	# A network file system may not show new files of other machines until the directory is listed.
	[ $ENGINE = local ] || sed 's|/run.done$||' "$tmp/runs" | xargs ls >/dev/null 2>&1
	while read -r run; do
		[ -e "$run" ] || echo "$run"
	done <"$tmp/runs"
}
find_missing() { missing | listed missing || exit; }
failed() { # has it failed since this command began?
	[ "${1%done}failed" -nt "$tmp/started" ]
}

# make_runs [wait]: makes the missing runs.
make_runs() {
	if [ $ENGINE = local ]; then
		FIGURE_WAIT=${1-}
		targets -k "-j$JOBS" "runs-$figure"
		return
	fi
	# In waves: first the runs that can begin now, then those that needed one of them. Each run once.
	: >"$tmp/tried"
	while waves=$((${waves:-0} + 1)) wave=$tmp/$waves && mkdir "$wave" && list && [ -s "$wave/cells" ]; do
		cat "$wave/cells" >>"$tmp/tried"
		cat >"$wave/settings" <<-EOF
			cd '$PWD' || exit
			FIGURE='$figure' FIGURE_RUNS='$FIGURE_RUNS' FIGURE_STARTED='$FIGURE_STARTED' FIGURE_DONE='$FIGURE_DONE'
			FIGURE_WAIT='${1-}' FIGURE_LENIENT='' MC_BIN='$MC_BIN' MC_QUIET='$MC_QUIET'
			export FIGURE FIGURE_RUNS FIGURE_STARTED FIGURE_DONE FIGURE_WAIT FIGURE_LENIENT MC_BIN MC_QUIET
		EOF
		attended "$here/engine-$ENGINE" run "$wave" || exit
	done
	# The rest needs a run that was not made.
	FIGURE_WAIT=${1-}
	list
	FIGURE_WAIT=''
}
# Lists runs that can begin, as arguments of cell, in cells of the wave.
list() {
	: >"$wave/listed"
	FIGURE_LIST=$wave/listed
	export FIGURE_LIST
	targets -k "runs-$figure"
	unset FIGURE_LIST
	grep -vxFf "$tmp/tried" "$wave/listed" >"$wave/cells"
	true
}

tell_missing() {
	echo "$figure: $(wc -l <"$tmp/missing") of $all runs are missing; the same command tries them again:" >&2
	first=''
	while read -r run; do
		reason='not done' status=75
		[ ! -d "$OUT/$ENGINE" ] || reason="not done; the logs of its jobs are in $OUT/$ENGINE"
		if failed "$run"; then
			{ read -r status; read -r reason; } <"${run%done}failed"
			[ -n "$status" ] || { status=73 reason='failed, and there was no room to say why'; }
		fi
		[ "$status" -eq 75 ] || : "${first:=$status}"
		echo "  ${run%/run.done}: $reason (exit $status)" >&2
	done <"$tmp/missing"
	exit "${first:-75}"
}
announce() {
	if [ $ENGINE = local ]; then
		at_a_time="$JOBS at a time, threads each: $FIGURE_THREADS"
	else
		attended "$here/engine-$ENGINE" prepare "$tmp" >"$tmp/prepared" || exit
		{ read -r most; read -r at_a_time; } <"$tmp/prepared"
	fi
	say "$left of $all runs to make, of $EPISODES episodes, $at_a_time"
	"$here/disk" "$OUT" "$EPISODES" "${most:-${JOBS:-$left}}" "$ROLLOUT $METALEARN" <"$tmp/missing" | while read -r line; do
		say "$line"
	done
}
# A table is one shell command with the label and log of every run, and Linux limits that to 128 KiB.
drawable() {
	awk -F / '{ n += length($0) + length($(NF - 2)) + 4 } END { exit n > 125000 }' "$tmp/runs"
}
make_missing() {
	list_runs "$figure" runs
	drawable || fail "$(wc -l <"$tmp/runs") runs are too many for one picture; fewer TASKS, METHODS or SEEDS, please"
	find_missing
	all=$(wc -l <"$tmp/runs") left=$(wc -l <"$tmp/missing")
	[ "$left" -gt 0 ] || return 0
	: >"$tmp/started"
	FIGURE=$figure FIGURE_RUNS=$tmp/runs FIGURE_STARTED=$tmp/started FIGURE_DONE=$((all - left))
	export FIGURE FIGURE_RUNS FIGURE_STARTED FIGURE_DONE FIGURE_LENIENT=1 FIGURE_THREADS FIGURE_WAIT
	export OUT HOSTS JOBS SBATCH_EXTRA MC_BIN
	announce
	make_runs
	# Wait for runs that another process is making, and take them over if it gave up.
	for run in $(missing); do
		if ! failed "$run"; then
			make_runs wait
			break
		fi
	done
	find_missing
	[ ! -s "$tmp/missing" ] || tell_missing
}
