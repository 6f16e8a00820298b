# Methods that are programs of one's own: mc-train -m ./FILTER, and what goes wrong with them.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR"
	root=$(realpath "$BATS_TEST_DIRNAME/..")
	gate=$root/examples/python/gate.py
	ln -s "$root/pipelines/train" mc-train
	export MC_BIN PATH="$PWD:$MC_BIN:/usr/bin:$PATH" PYTHONDONTWRITEBYTECODE=1
	small=(-t navigation_N3_l3 -R '--hidden 8 -C 2' -Q '--batch 32 --threads 1')
}

@test "examples/python/gate.py: a method by its own name, in headers, tables and pictures" {
	mc-train "${small[@]}" -m "$gate" -e 60 -o gated -M '--lr 0.02'
	mc-cat --verify gated/run.ckpt gated/run.log
	[ "$(mc-cat gated/run.ckpt | jq -c '[.header.method, .header.owns.comm, .header.gate]')" = '["gate","gate",{"lr":0.02}]' ]
	mc-train "${small[@]}" -m none -e 60 -o none
	mc-eval -n 50 --json gated/run.ckpt none/run.ckpt | jq -s -e 'map(.method) == ["gate", "none"]'
	mc-eval --aggregate gated/run.log none/run.log | grep -q '^| navigation_N3_l3 *| gate '
	mc-eval --aggregate --json gated/run.log none/run.log >json
	[ "$(jq -r 'select(.final) | .method' json)" = $'gate\nnone' ]
	echo 'navigation_N3_l3 | gate | above | none | better than none' >claims
	mc-eval --aggregate --claims claims gated/run.log none/run.log | grep -q 'gate.*better than none'
	mc-plot curves gated/run.log none/run.log -o curves.svg
	grep -q gate curves.svg
	mc-plot topology gated/run.log -o topology.svg
	[ -s topology.svg ]
	mc-cat --full -t metric -w 'program==gate && iteration==60' gated/run.log | jq -e '[.c_pair, .asked_pair] | flatten | length == 12 and min >= 0 and max <= 1'
	# one decision for each agent: every neighbour's c is the same, and a greedy gate is all or nothing
	mc-rollout --load gated/run.ckpt -n 5 >episodes
	mc-eval -n 20 --greedy --json gated/run.ckpt | jq -e '.c_pair | .[0][1] == .[0][2] and .[1][0] == .[1][2] and .[2][0] == .[2][1]'
	mc-eval -n 20 --greedy --json gated/run.ckpt | jq -e '.edge_rate_pair | .[0][1] == .[0][2] and .[1][0] == .[1][2] and .[2][0] == .[2][1]'
	# it learned something: its metric is in the log, and the nets are not those of the beginning
	[ "$(mc-cat -t metric -w program==gate gated/run.log | wc -l)" -eq 6 ]
	mc-train "${small[@]}" -m "$gate" -e 0 -o untrained -M '--lr 0.02'
	run -1 mc-cat --diff gated/run.ckpt untrained/run.ckpt
}

@test "examples/python/gate.py: its option in both forms; others are refused" {
	mc-train "${small[@]}" -m "$gate" -e 11 -o gated -M '--lr=0.02'
	[ "$(mc-cat gated/run.ckpt | jq -c .header.gate)" = '{"lr":0.02}' ]
	for option in '--rate 0.02' '--lr much' 0.02; do
		run mc-train "${small[@]}" -m "$gate" -e 11 -o refused -M "$option"
		[ "$status" -ne 0 ]
		[[ "$output" == *"gate.py: error: "* ]]
	done
	"$gate" -h | grep -q -- '--lr'
}

@test "the gate's gradient is REINFORCE's" {
	PYTHONPATH=$root/examples/python python3 - <<-'PY'
	import numpy as np, gate
	for share in False, True:
	    draw = np.random.default_rng(3)
	    N, T, O, H = 3, 4, 5, 6
	    g = gate.Gate()
	    g.options = dict(lr=1.0)
	    g.begin(dict(seed=2, agents=N, obs_dim=O, hidden=H, steps=T, share=share))
	    start = {k: {n: v.astype(float) for n, v in x.items()} for k, x in g.comm.items()}
	    f = dict(iteration=0, o=draw.normal(size=(T + 1, N, O)), m=np.ones((T + 1, N, N - 1)), I=draw.integers(0, 2, (T, N, N - 1)), r=draw.normal(size=T))
	    f["m"][1, 2, 0] = f["I"][1, 2, 0] = 0
	    g.learn(dict(f, r=f["r"] * 0))                     # what follows is 0: the means stay 0
	    g.comm = {k: {n: v.copy() for n, v in x.items()} for k, x in start.items()}
	    g.learn(dict(f, iteration=9))
	    follows = np.cumsum(f["r"][::-1])[::-1]
	    A = np.clip((follows - g.mean) / (g.spread + 1e-6), -3, 3)
	    def objective(comm):                               # mean over T of A log-probability, averaged over slots
	        x = np.swapaxes(f["o"][:-1], 0, 1)
	        for k in gate.LAYERS:
	            x = x @ comm[k]["kernel"] + comm[k]["bias"][:, None]
	            x = np.maximum(x, 0) if k != "dense_2" else x
	        z = np.swapaxes(x, 0, 1)
	        log = f["I"] * -np.logaddexp(0, -z) + (1 - f["I"]) * -np.logaddexp(0, z)
	        return ((f["m"][:-1] * log).sum(2) * A[:, None]).sum() / T
	    for k in gate.LAYERS:
	        for n in "kernel", "bias":
	            got = g.comm[k][n] - start[k][n]
	            at = tuple(draw.integers(s) for s in got.shape[:-1])
	            for j in range(got.shape[-1]) if k != "dense_2" else [slice(None)]:    # the gate's columns move together
	                sides = []
	                for step in 1e-5, -1e-5:
	                    there = {a: {b: v.copy() for b, v in x.items()} for a, x in start.items()}
	                    there[k][n][at + (j,)] += step
	                    sides.append(objective(there))
	                slope = (sides[0] - sides[1]) / 2e-5
	                mine = got[at + (j,)] if k != "dense_2" else got[at].sum()
	                assert abs(mine - slope) < 1e-5 + 1e-4 * abs(slope), (k, n, mine, slope)
	PY
}

@test "a run of one's own method, stopped and continued: the bytes of one that was not" {
	mc-train "${small[@]}" -m "$gate" -e 300 -o whole
	mc-train "${small[@]}" -m "$gate" -e 300 -o parts &
	while [ ! -s parts/run.ckpt ]; do sleep 0.05; done
	kill -TERM $!
	wait $! || [ $? -eq 75 ]
	[ "$(mc-cat parts/run.ckpt | jq .episode)" -lt 300 ]
	mc-train "${small[@]}" -m "$gate" -e 300 -o parts
	cmp whole/run.ckpt parts/run.ckpt
	cmp whole/run.log parts/run.log
}

@test "what a filter does wrong: which program, what, what to do; and the run goes on" {
	while IFS='|' read -r how code want; do
		rm -rf bad well
		printf '#!/bin/sh\nexec "%s/bad_filter.py" %s\n' "$BATS_TEST_DIRNAME" "$how" >filter
		chmod +x filter
		run timeout 60 mc-train "${small[@]}" -m ./filter -e 20 -o bad
		echo "$how: $status $output"
		[ "$status" -eq "$code" ]
		grep -qxF -- "$want" <<<"$(sed 's/bad-filter:[0-9]*:/bad-filter:N:/; s/there are [0-9]*;/there are N;/' <<<"$output")"
		[ "$how" != nobody ] || continue
		[ "$(grep -c '^mc-' <<<"$output")" -eq 1 ] # said once
		[ "$(mc-cat bad/run.ckpt | jq .episode)" -eq "$([ $how = count ] && echo 20 || echo 4)" ]
		touch well
		if [ $how != count ]; then
			mc-train "${small[@]}" -m ./filter -e 20 -o bad
			[ "$(mc-cat bad/run.ckpt | jq .episode)" -eq 20 ]
		fi
	done <<-'END'
	shape|65|mc-critic: <stdin> from bad-filter:N: params frame: params.dense_1.kernel is float32[3,8,9], want float32[3,8,8]
	nan|65|mc-critic: <stdin> from bad-filter:N: params frame: params.dense_1.bias has the value nan at element 0, want finite numbers
	prints|65|mc-critic: <stdin> from bad-filter:N: a frame must start with a msgpack map; is this a stream of frames?
	raises|70|mc-train: ./filter ended with status 70; run it again to continue
	dies|3|mc-train: ./filter ended with status 3; run it again to continue
	killed|137|mc-train: ./filter was killed by signal 9 (KILL); run it again to continue
	closed|75|mc-train: the ring broke at ./filter; run it again to continue
	count|65|mc-critic: <stdin> from bad-filter:N: end counts 7 frames before it, there are N; frames were lost or added
	nobody|64|mc-critic: the ring: nobody learns whom to talk to; add mc-metalearn or mc-critic -m stgs, or give mc-rollout --comm none or full
	END
}

@test "a method that is not a program" {
	touch file
	for name in ./none ./file /usr; do
		run -64 mc-train "${small[@]}" -m $name -o x
		[ "$output" = "mc-train: -m: $name is not an executable program; chmod +x, perhaps" ]
	done
	run -64 mc-train "${small[@]}" -m gate -o x
	[ "$output" = 'mc-train: -m: unknown method "gate": none, full, reinforce, stgs or meta, or a program of your own, as ./gate' ]
}
