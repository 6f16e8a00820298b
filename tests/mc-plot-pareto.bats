# mc-plot(1) pareto: return against requests, from what mc-eval --json says.
load there
load plot

# task method cost return requests [se]
line() {
	printf '{"file":"x","task":"%s","method":"%s","episodes":100,"greedy":false,"return_mean":%s,"return_se":%s,' "$1" "$2" "$4" "${6-0.5}"
	printf '"return_iqm_ci":[-1,1],"requests_per_step":%s,"c_pair":[[null,0.5],[{"a":[]},true]]' "$5"
	[ "$3" = 0 ] || printf ',"edge_cost":%s' "$3"
	printf '}\n'
}

# The rows of the line called $1 in fig.dat.
rows() {
	awk -v want="# $1: " 'index($0, want) == 1 { on = 1; next } /^$/ { on = 0 } on' fig.dat
}

@test "a point for each method and cost, by cost; one run's bar is that of its episodes" {
	{
		line push_N3 meta 1 -33 2
		line push_N3 none 0 -40 0
		line push_N3 meta 0 -30 4
		line push_N3 meta 0.5 -31 3
	} >a.json
	mc-plot pareto a.json -o fig.svg --emit
	[ "$(rows 'push_N3, meta')" = '4 -30 -30.98 -29.02 4 4 "0"
3 -31 -31.98 -30.02 3 3 "0.5"
2 -33 -33.98 -32.02 2 2 "1"' ]
	[ "$(rows 'push_N3, none')" = '0 -40 -40.98 -39.02 0 0 ""' ]
	grep -q '>requests per environment step<' fig.svg
	grep -q '>episodic return<' fig.svg
	grep -q '>point: one run, bars: 95 % interval over 100 episodes; number: cost of all edges in a step<' fig.svg
	[ "$(grep -c '>0.5<' fig.svg)" -eq 1 ]
}

@test "runs of one method and cost are one point: their mean, from lowest to highest" {
	for x in "-30 4" "-33 5" "-27 3"; do
		line push_N3 stgs 0 $x
	done | mc-plot pareto -o fig.svg --emit
	[ "$(rows 'push_N3, stgs')" = '4 -30 -33 -27 3 5 ""' ]
	grep -q 'point: mean of 3 runs, bars: minimum to maximum<' fig.svg
}

@test "from five runs on the bar is a bootstrap interval" {
	for x in -30 -33 -27 -29 -31; do
		line push_N3 stgs 0 $x 4
	done | mc-plot pareto -o fig.svg --emit
	rows 'push_N3, stgs' | awk '{ exit !($2 == -30 && $3 > -33 && $3 < -30.5 && $4 < -27 && $4 > -29.5 && $5 == 4 && $6 == 4) }'
	grep -q '95 % bootstrap interval of the mean' fig.svg
}

@test "a panel for each task, a colour for each method" {
	{
		line push_N3 meta 0 -30 4
		line push_N6 meta 0 -30 20
		line push_N6 full 0 -30 30
	} | mc-plot pareto - -o fig.svg
	grep -q '>push_N3<' fig.svg
	grep -q '>push_N6<' fig.svg
	mc-plot pareto -o fig.png <(line push_N3 meta 0 -30 4)
	[ "$(head -c 4 fig.png | od -An -tx1)" = " 89 50 4e 47" ]
}

@test "on a terminal" {
	{
		line push_N3 meta 0 -30 4
		line push_N3 full 0 -35 6
		line push_N3 meta 0.25 -32 2
	} | mc-plot pareto >out
	grep -q 'push_N3, episodic return' out
	grep -q '0\.25' out
	grep -q 'full #####   meta @@@@@' out
	grep -q '@@@' out
}

@test "mc-eval's own lines, with whatever else they hold" {
	"$BATS_TEST_DIRNAME/make-ckpt.py" a.ckpt random=1
	"$BATS_TEST_DIRNAME/make-ckpt.py" n.ckpt method=none
	mc-eval --json -n 5 --influence a.ckpt n.ckpt >both.json
	mc-plot pareto both.json -o fig.svg --emit
	[ "$(rows 'push_N3, meta' | awk '{ print $1 }')" = "$(there jq 'select(.method == "meta").requests_per_step' both.json)" ]
}

@test "a script's own requests do not count as an intervention; others do" {
	mc-eval --json -n 5 --script still,told -t reference_N3 >own.json
	mc-eval --json -n 5 --script told -t reference_N3 --comm none >none.json
	mc-eval --json -n 5 --script told -t reference_N3 --comm drop=0.5 >drop.json
	mc-plot pareto own.json none.json drop.json -o fig.svg --emit
	[ "$(sed -n 's/^# reference_N3, \(.*\): x y.*/\1/p' fig.dat | sort | tr '\n' ';')" = 'still;told;told, comm none;told, drop 0.5;' ]
}

@test "what is not a measurement is refused, with its line" {
	line push_N3 meta 0 -30 4 >good
	for bad in 'hello' '{"task":"push_N3"}' '{"task":1,}' '[1]' '{"a":"b' '{"task":"x","method":"y","return_mean":null,"requests_per_step":1}' \
		'{"a":1}x' '{"a":+1}' '{"a":tru}' '{"a":"\q"}' '{"a":[1,2}'; do
		{ cat good; echo "$bad"; } >bad
		run mc-plot pareto bad -o fig.svg
		[ "$status" -eq 65 ]
		[ "${#lines[@]}" -eq 1 ]
		[[ "$output" == "mc-plot: bad: line 2 "* ]]
	done
	[ ! -e fig.svg ]
	head -c 3000 /dev/zero | tr '\0' '[' >deep
	run mc-plot pareto deep
	[ "$status" -eq 65 ]
	printf '{"a":%s' "$(head -c 3000 /dev/zero | tr '\0' '[')" >deep
	run mc-plot pareto deep
	[ "$status" -eq 65 ]
	: >empty
	run mc-plot pareto empty
	[ "$status" -eq 65 ]
	run mc-plot pareto there-is-none
	[ "$status" -eq 66 ]
}

@test "options of other pictures" {
	for args in "-w 5" "--named" "-i 0" "--pool" "-y return"; do
		run mc-plot pareto $args a.json
		[ "$status" -eq 64 ]
		[[ "$output" == *"this is not an option of mc-plot pareto"* ]]
	done
}

@test "numbers of points that coincide stand one above the other" {
	for method in reinforce stgs meta; do
		line push_N3 $method 0 -30 4
		line push_N3 $method 1 -33 2
	done >a.json
	mc-plot pareto a.json -o fig.svg --emit
	[ "$(grep -c "^set label '1' at 2," fig.gp)" -eq 3 ]
	[ "$(sed -n "s/^set label '1' at \(2,[^ ]*\) .*/\1/p" fig.gp | sort -u | wc -l)" -eq 3 ]
	sed -n "s/^set label '1' at 2,\([^ ]*\) .*/\1/p" fig.gp | awk '{ bad = bad || $1 < -33 || $1 > -32 } END { exit bad }'
	line push_N3 none 0 -30 4 >alone.json # a single point will do
	mc-plot pareto alone.json -o alone.svg
	[ -s alone.svg ]
}
