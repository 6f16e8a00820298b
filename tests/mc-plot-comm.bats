# mc-plot(1) comm: what the communication nets do over a run.
load plot

headings() {
	sed -n 's/^# \(.*\): x y.*$/\1/p' "$1"
}

# the last point of the line with this heading
last() {
	awk -v want="# $2: x y" 'index($0, want) == 1 { on = 1; next } /^$/ { on = 0 } on { line = $0 } END { print line }' "$1"
}

@test "a panel for each metric, in this order" {
	log a.log comm=1
	mc-plot comm a.log -w 1 -o fig.svg --emit
	headings fig.dat >names
	cat >want <<-END
		episodic return, meta
		requests per step, meta
		mean c, meta
		saturated share of c, meta
		entropy of c (nats), meta
		|g|, meta
		|meta-gradient|, meta
		advantage, rms, meta
	END
	diff want names
	[ "$(last fig.dat 'episodic return, meta')" = "1000 39.1" ]
	[ "$(last fig.dat 'requests per step, meta')" = "1000 3" ]
	[ "$(last fig.dat 'mean c, meta')" = "1000 0.4" ]
	[ "$(last fig.dat 'saturated share of c, meta')" = "1000 0.25" ]
	[ "$(last fig.dat 'entropy of c (nats), meta')" = "1000 0.6" ]
	[ "$(last fig.dat '|meta-gradient|, meta')" = "1000 7" ]
	[ "$(last fig.dat 'advantage, rms, meta')" = "1000 0.5" ]
}

@test "what the rule does, and whether the right ones are asked, where a log says so" {
	log a.log comm=1 lab=1 right=1
	mc-plot comm a.log -w 1 -o fig.svg --emit
	[ "$(headings fig.dat | wc -l)" -eq 15 ]
	[ "$(last fig.dat 'step of a logit, rms, meta')" = "1000 0.1" ]
	[ "$(last fig.dat 'advantage common to all pairs, meta')" = "1000 0.75" ]
	[ "$(last fig.dat 'agreement with REINFORCE, meta')" = "1000 -0.5" ]
	[ "$(last fig.dat "meta-gradients' cosine, meta")" = "1000 0.05" ]
	[ "$(last fig.dat 'meta-gradient at saturated c, meta')" = "1000 0.25" ]
	[ "$(last fig.dat 'precision of requests, meta')" = "1000 0.6" ]
	[ "$(last fig.dat 'recall of requests, meta')" = "1000 0.9" ]
}

@test "a line for each method, mean and band of its runs" {
	log a.log comm=1
	log b.log comm=1 seed=3
	log c.log comm=1 method=reinforce
	log d.log method=full
	mc-plot comm a.log b.log c.log d.log -w 1 -o fig.svg --emit
	[ "$(last fig.dat 'episodic return, meta')" = "1000 39.2 39.1 39.3" ]
	[ "$(headings fig.dat | grep -c '^|meta-gradient|, ')" -eq 1 ]
	[ "$(headings fig.dat | grep -c '^mean c, ')" -eq 2 ]
	[ "$(headings fig.dat | grep -c '^requests per step, ')" -eq 3 ]
	grep -q "lines .*#56B4E9.*title 'reinforce'" fig.gp
	grep -q '1 to 2 runs, band: minimum to maximum; saturated: below 0.01 or above 0.99' fig.gp
}

@test "metrics that no log holds have no panel" {
	log a.log method=full
	mc-plot comm a.log -o fig.svg --emit
	[ "$(headings fig.dat | tr '\n' ';')" = "episodic return, full;requests per step, full;" ]
	run ! grep -q saturated fig.svg
	log b.log method=reinforce comm=1
	mc-plot comm b.log -o fig.svg
	run ! grep -q 'meta-gradient' fig.svg
	grep -q '>advantage, rms<' fig.svg
}

@test "several tasks: rows for each" {
	log a.log comm=1
	log b.log comm=1 task=push_N6
	log c.log method=none task=navigation_N3_l3
	mc-plot comm a.log b.log c.log -o fig.svg --emit
	[ "$(grep -c '>push_N6<' fig.svg)" -eq 2 ]
	[ "$(last fig.dat 'push_N6, requests per step, meta')" = "1000 6" ]
	[ "$(grep -c '>mean c<' fig.svg)" -eq 2 ]
	[ "$(headings fig.dat | grep -c '^navigation_N3_l3, ')" -eq 2 ]
	[ "$(grep -c ">navigation_N3_l3<" fig.svg)" -eq 1 ]
}

@test "norms that span orders of magnitude are drawn on a logarithmic scale" {
	log a.log comm=1 grow=10
	mc-plot comm a.log -w 1 -o fig.svg --emit
	[ "$(grep -c '^set logscale y' fig.gp)" -eq 1 ]
	log a.log comm=1 grow=2
	mc-plot comm a.log -w 1 -o fig.svg --emit
	[ "$(grep -c '^set logscale y' fig.gp)" -eq 0 ]
	log a.log comm=1 grow=0
	mc-plot comm a.log -w 1 -o fig.svg --emit
	[ "$(grep -c '^set logscale y' fig.gp)" -eq 0 ]
}

@test "a value that never moves still has a scale" {
	log a.log comm=1 episodes=10
	mc-plot comm a.log -o fig.svg --emit
	[ -s fig.svg ]
	run mc-plot comm a.log
	[ "$status" -eq 0 ]
	[ "$(grep -c 'environment steps' <<<"$output")" -eq 8 ]
}

@test "kinds of pictures, standard input, --emit, --by, --window, --band as for curves" {
	log a.log comm=1
	log b.log comm=1 seed=2 K=5
	for kind in svg png pdf; do
		mc-plot comm a.log b.log -o fig.$kind
		[ -s fig.$kind ]
	done
	cat a.log b.log | mc-plot comm -o piped.svg
	cmp fig.svg piped.svg
	mc-plot comm a.log b.log -o fig.svg --emit
	cp fig.svg first.svg
	gnuplot fig.gp
	cmp fig.svg first.svg
	mc-plot comm a.log b.log --by meta_k -w 20 -o fig.svg --emit
	headings fig.dat | grep -qx 'mean c, meta meta_k=5'
	[ "$(last fig.dat 'episodic return, meta meta_k=5')" = "1000 29.7" ]
	mc-plot comm a.log b.log --band none | tail -n 3 >out
	run ! grep -q band out
}

@test "a log still being written, one without an episode, what is not a log" {
	log a.log comm=1 end=0
	run --separate-stderr mc-plot comm a.log -o fig.svg
	[ "$status" -eq 0 ]
	[ "$stderr" = "mc-plot: a.log: still running, or cut, at $(stat -c %s a.log)" ]
	log b.log episodes=0
	run mc-plot comm b.log
	[ "$status" -eq 65 ]
	[ "$output" = "mc-plot: no episode in these logs; has the run just begun?" ]
	echo hello >text
	run mc-plot comm text
	[ "$status" -eq 65 ]
	run mc-plot comm a.log -y return
	[ "$status" -eq 64 ]
	[ "$output" = "mc-plot: --y: this is not an option of mc-plot comm; leave it out" ]
}

@test "metrics without an episode, as a filtered log has them, are not a picture" {
	log a.log comm=1 pairs=1 without=episode
	mc-cat --count a.log | grep -q 'metric'
	for picture in comm "curves -y loss" "curves -y return" topology bars profile; do
		for to in "" "-o fig.svg"; do
			run mc-plot $picture a.log $to
			[ "$status" -eq 65 ]
			[ "${#lines[@]}" -eq 1 ]
			[[ "$output" == *"no episode"* ]]
		done
	done
	[ ! -e fig.svg ]
	# beside a log that has them, it gives no line: of its metrics no step is known
	log b.log comm=1 seed=2
	mc-plot comm a.log b.log -o fig.svg --emit
	mc-plot comm b.log -o want.svg
	cmp fig.svg want.svg
}

@test "real runs: what their logs hold is what the page draws" {
	for method in none stgs reinforce meta; do
		rule=()
		[ $method != reinforce ] && [ $method != meta ] || rule=(-M '--rule-hidden 8 -K 2')
		MC_QUIET=1 "$BATS_TEST_DIRNAME/../pipelines/train" -t push_N3 -m $method -e 33 -o $method -R '--hidden 8' "${rule[@]}"
	done
	mc-plot comm */run.log -w 1 -o fig.svg --emit
	for method in stgs reinforce meta; do
		for metric in 'mean c' 'saturated share of c' 'entropy of c (nats)' '|g|'; do
			headings fig.dat | grep -qxF "$metric, $method"
		done
		program=mc-metalearn
		[ $method != stgs ] || program=mc-critic
		mc-cat --full -t metric $method/run.log | jq -c "select(.program == \"$program\")" | tail -n 1 >metric
		jq -e '[.c_pair, .asked_pair] | map(map(length)) == [[2, 2, 2], [2, 2, 2]]' metric
		jq -e '(.c_pair | flatten | add / 6) - .values.c_mean | fabs < 1e-6' metric
		[ "$(last fig.dat "mean c, $method" | awk '{ print $2 }')" = "$(jq -r .values.c_mean metric | xargs printf '%.7g')" ]
	done
	run ! grep -q 'c, none' fig.dat
}

@test "a task without an episode yet has no row" {
	log a.log task=push_N6 episodes=0 end=0
	log b.log comm=1
	mc-plot comm a.log b.log -o fig.svg --emit
	[ "$(headings fig.dat | grep -c .)" -eq 8 ]
	run ! grep -q 'push_N6' fig.svg
}
