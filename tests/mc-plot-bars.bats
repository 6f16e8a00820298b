# mc-plot(1) bars: what runs came to.
load plot

# The numbers of block $1 of fig.dat, on one line.
block() {
	awk -v want="$1" '/^#/ { n++; next } n == want && NF' fig.dat | xargs
}

@test "points, intervals and runs are those of mc-eval --aggregate" {
	for s in 1 2 3 4 5 6 7 8; do
		log meta-$s.log seed=$s level=$((s * s))
		log none-$s.log seed=$s method=none level=-$s
	done
	mc-plot bars meta-?.log none-?.log -o fig.svg --emit
	mc-eval --aggregate --json none-?.log meta-?.log | jq -r 'select(.seeds) | [.iqm, .iqm_ci[], .final[]] | @tsv' >want
	# none is first, as in the legend
	[ "$(sed -n 's/^# \(.*\): x value low high$/\1/p' fig.dat | xargs)" = "push_N3, none push_N3, meta" ]
	for bar in 0 1; do
		set -- $(sed -n $((bar + 1))p want | xargs printf '%.7g ')
		[ "$(block $((2 * bar + 1)))" = "$bar $1 $2 $3" ]
		shift 3
		[ "$(block $((2 * bar + 2)))" = "$(printf "$bar %s " "$@" | sed 's/ $//')" ]
	done
	grep -q '>final return<' fig.svg
	grep -q '>push_N3<' fig.svg
	grep -q '95 % bootstrap interval' fig.svg
	grep -q 'interquartile mean of 8 runs' fig.svg
}

@test "one run has no interval; --last, --by and --named as in mc-eval" {
	log a.log K=5
	log b.log K=10 level=5
	mc-plot bars a.log --last 50 -o fig.svg --emit
	[ "$(block 1)" = "0 29.6 NaN NaN" ]
	grep -q '>final return: mean over the last 50 % of a run.s episodes; one run each<' fig.svg
	mc-plot bars a.log b.log --by meta_k -o fig.svg --emit
	grep -q '^# push_N3, meta meta_k=10: ' fig.dat
	mc-plot bars --named x=a.log y=b.log -o fig.svg --emit
	grep -q '^# push_N3, y: ' fig.dat
	log other.log level=3
	run -65 mc-plot bars a.log other.log
	[ "$output" = "mc-plot: push_N3, meta: two runs of seed 1; tell them apart by --by meta_k" ]
}

@test "an axis is fitted to what is in its panel, and need not hold zero" {
	log a.log
	log b.log level=-100 method=none
	mc-plot bars a.log b.log -o fig.svg --emit # 37.6 and -62.4
	grep -qx 'set yrange \[-80:40\]' fig.gp
	grep -qx 'set ytics 20' fig.gp
	mc-plot bars b.log -o fig.svg --emit
	grep -qx 'set yrange \[-72:-56\]' fig.gp
	run ! grep -q boxes fig.gp
	for s in 2 3; do
		log b-$s.log level=-100 method=none seed=$s
	done
	mc-plot bars b.log b-2.log b-3.log -o fig.svg --emit
	sed -n 's/^set yrange \[\(.*\):\(.*\)\]/\1 \2/p' fig.gp | awk '{ exit !($1 <= -62.4 && $1 > -63 && $2 >= -62.2 && $2 < -62) }'
	grep -q "with vectors heads .*title 'none'" fig.gp
	grep -q "with points pt 6 .*title 'none'" fig.gp
	grep -q "with points pt 7 .*title 'none'" fig.gp
}

@test "as text: the point and its interval on the panel's axis, with their numbers" {
	log a.log
	log b.log level=-62.4 method=none
	mc-plot bars a.log b.log >out # 37.6 and -24.8 from -40 to 40
	[ "$(sed -n 's/^ *meta |\( *\)@\( *\)|.*/\1/p' out | awk '{ print length }')" = 39 ]
	[ "$(sed -n 's/^ *none |\( *\)[*]\( *\)|.*/\1/p' out | awk '{ print length }')" = 8 ]
	grep -q '^ *meta .*|    37.60$' out
	grep -q '^ *-40 *40$' out
	for s in 1 2 3 4 5; do
		log m-$s.log seed=$s level=$((s * s))
	done
	mc-plot bars m-?.log >out
	grep -q '^ *meta | *\[-*@-*\] *| *[0-9.]* \[[0-9.]*, [0-9.]*\]$' out
	[ "$(awk '{ if (length > w) w = length } END { print (w <= 80) }' out)" = 1 ]
}

@test "svg, png and pdf; --emit draws the same again; several tasks; standard input" {
	log a.log
	log b.log seed=2
	log c.log task=push_N6
	for kind in svg png pdf; do
		mc-plot bars a.log b.log c.log -o fig.$kind
		[ -s fig.$kind ]
	done
	cat a.log b.log c.log | mc-plot bars -o piped.svg
	cmp fig.svg piped.svg
	mc-plot bars a.log b.log c.log -o fig.svg --emit
	grep -q '>push_N6<' fig.svg
	cp fig.svg first.svg
	gnuplot fig.gp
	cmp fig.svg first.svg
}

@test "what cannot be drawn is said" {
	log a.log episodes=0
	run -65 mc-plot bars a.log
	[[ "$output" == *": no episode in its log; has it just begun?" ]]
	log a.log
	run -64 mc-plot bars a.log -w 3
	[ "$output" = "mc-plot: --window: this is not an option of mc-plot bars; leave it out" ]
	run -64 mc-plot curves a.log --last 3
	run -66 mc-plot bars nothing
	log a.log end=0
	run --separate-stderr mc-plot bars a.log
	[ "$status" -eq 0 ]
	[ "$stderr" = "mc-plot: a.log: still running, or cut, at $(stat -c %s a.log)" ]
}
