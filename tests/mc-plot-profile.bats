# mc-plot(1) profile: the share of runs above each final return.
load plot

# Six runs of two methods in push_N3 and four in push_N6, whose profiles cross.
two_tasks() {
	for s in 1 2 3 4 5 6; do
		log meta-$s.log seed=$s level=$((s * s))
		log none-$s.log seed=$s method=none level=$((3 * s + 7))
	done
	for s in 1 2 3 4; do
		log six-meta-$s.log task=push_N6 seed=$s level=$((90 - 7 * s))
		log six-none-$s.log task=push_N6 method=none seed=$s level=$((20 * s))
	done
}

# What mc-eval --aggregate --json says, in the form of the picture's data: a line for each number of
# a profile, "PANEL, METHOD x y low high".
said() {
	mc-eval --aggregate --json "$@" | jq -r 'select(.profile) |
		"\(if .tasks | length > 1 then "all tasks" else .tasks[0] end), \(.method) " as $who |
		range(21) as $k | [$who, .above[$k], .profile[$k], .profile_ci[$k][0], .profile_ci[$k][1]] | @tsv' |
		awk -F '\t' '{ printf "%s%.7g %.7g", $1, $2, $3; if ($4 != "") printf " %.7g %.7g", $4, $5; print "" }'
}

drawn() {
	awk '/^#/ { who = substr($0, 3); sub(/: x y.*/, "", who); next } NF { print who, $0 }' fig.dat
}

@test "lines and bands are those of mc-eval --aggregate, for each task and for all" {
	two_tasks
	mc-plot profile *.log -o fig.svg --emit
	said *.log >want
	[ "$(wc -l <want)" -eq 126 ]
	# shares between 0 and 1, intervals with some width
	awk '{ y = $(NF - 2); if (y > 0 && y < 1) between++; wide += $NF > $(NF - 1) } END { exit !(between > 60 && wide > 60) }' want
	drawn | diff - want
	grep -q '^all tasks, meta 0\.' <(drawn)
	grep -q '>scaled final return<' fig.svg
	grep -q '>share of runs above it<' fig.svg
	grep -q '>all tasks<' fig.svg
	caption=$(sed -n 's/.*<text>\(.*\)<\/text>/\1/p' fig.svg | tr '\n' ' ')
	[[ "$caption" == *"scaled: 0 and 1 are 38.6 and 74.1 in push_N3, 57.6 and 120.6 in push_N6, the lowest and highest of its runs;"* ]]
	[[ "$caption" == *"line: share of 4 to 6 runs in each task, band: its 95 % stratified bootstrap interval (2000 resamples)"* ]]
}

@test "--scale, --resamples, --last, --by and --named as in mc-eval" {
	two_tasks
	scale=push_N3=30,90:push_N6=0,200
	mc-plot profile *.log --scale $scale --resamples 300 --last 50 -o fig.svg --emit
	said *.log --scale $scale --resamples 300 --last 50 >want
	drawn | diff - want
	said *.log --scale $scale --last 50 >other
	run -1 cmp -s other want
	grep -q 'last 50 %' fig.svg
	texts fig.svg | grep -q 'scaled: 0 and 1 are 30 and 90 in push_N3, 0 and 200 in push_N6;'
	grep -q '(300 resamples)' fig.svg
	log meta-1.log seed=1 K=5
	mc-plot profile meta-?.log --by meta_k -o fig.svg --emit
	said meta-?.log --by meta_k >want
	drawn | diff - want
	grep -q '^push_N3, meta meta_k=10 ' want
	mc-plot profile --named one=meta-1.log two=meta-2.log -o fig.svg --emit
	said --named one=meta-1.log two=meta-2.log >want
	drawn | diff - want
	grep -q '^# push_N3, two: x y$' fig.dat # one run has no interval
	grep -q 'one run each' fig.svg
}

@test "a method that a task lacks is in the panels of the others" {
	two_tasks
	rm six-none-*.log
	mc-plot profile *.log -o fig.svg --emit
	said *.log >want
	drawn | diff - want
	[ "$(grep -c '^all tasks, none ' want)" -eq 0 ]
	[ "$(grep -c '^push_N3, none ' want)" -eq 21 ]
	rm meta-*.log
	mc-plot profile *.log -o fig.svg # no method is in both tasks
	[ "$(grep -c '>all tasks<' fig.svg)" -eq 0 ]
}

@test "methods have their colours; bands have edges" {
	two_tasks
	mc-plot profile meta-?.log none-?.log -o fig.svg --emit
	grep -q "with lines lw 1.8 lc rgb '#D55E00' dt 1 title 'meta'" fig.gp
	grep -q "with lines lw 1.8 lc rgb '#000000' dt 1 title 'none'" fig.gp
	[ "$(grep -c 'with filledcurves' fig.gp)" -eq 2 ]
	[ "$(grep -c 'with lines lw 0.7' fig.gp)" -eq 4 ]
}

@test "svg, png and pdf; --emit draws the same again; text; standard input" {
	two_tasks
	for kind in svg png pdf; do
		mc-plot profile *.log -o fig.$kind
		[ -s fig.$kind ]
	done
	cat *.log | mc-plot profile -o piped.svg
	cmp fig.svg piped.svg
	mc-plot profile *.log -o fig.svg --emit
	cp fig.svg first.svg
	gnuplot fig.gp
	cmp fig.svg first.svg
	mc-plot profile *.log >out
	[ "$(awk '{ if (length > w) w = length } END { print (w <= 80) }' out)" = 1 ]
	grep -q 'push_N6, share of runs above it' out
	grep -q '@@@@@' out
	grep -q '\*\*\*\*\*' out
}

@test "what cannot be drawn is said" {
	log a.log
	run -65 mc-plot profile a.log -o fig.svg
	[ "$output" = "mc-plot: push_N3: all final returns are the same: there is no scale; give one by --scale, or leave the task out" ]
	[ ! -e fig.svg ]
	mc-plot profile a.log --scale push_N3=0,100 -o fig.svg
	run -64 mc-plot profile a.log --scale push_N3=100
	[[ "$output" == 'mc-plot: --scale: "push_N3=100" is not TASK=LOW,HIGH'* ]]
	run -64 mc-plot profile a.log -w 3
	[ "$output" = "mc-plot: --window: this is not an option of mc-plot profile; leave it out" ]
	run -64 mc-plot bars a.log --scale push_N3=0,100
	[ "$output" = "mc-plot: --scale: this is not an option of mc-plot bars; leave it out" ]
	run -64 mc-plot curves a.log --resamples 300
	run -64 mc-plot profile a.log --resamples 3
	run -66 mc-plot profile nothing
	log b.log episodes=0 seed=2
	run -65 mc-plot profile a.log b.log
	[[ "$output" == *": no episode in its log; has it just begun?" ]]
	: >empty
	run -65 mc-plot profile empty
	log b.log end=0 seed=2
	run --separate-stderr mc-plot profile a.log b.log
	[ "$status" -eq 0 ]
	[ "$stderr" = "mc-plot: b.log: still running, or cut, at $(stat -c %s b.log)" ]
}
