# Tasks that are programs of their own: --env, in training, evaluating, rollouts; and what goes wrong with them.
load there

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR"
	train="$BATS_TEST_DIRNAME/../pipelines/train"
	bad="$BATS_TEST_DIRNAME/bad_env.py"
	export MC_BIN PATH="$MC_BIN:$PATH"
	envsim='mc-envsim -t navigation_N3_l3 -s {seed} --env {env}'
	small=(-R '--hidden 8' -Q '--threads 1')
}

# on COMMAND [OPTION ...]: mc-rollout acts in it, at the start of a ring; its status and its line
on() {
	rm -f ring
	mkfifo ring
	{ (timeout 60 mc-rollout --env "$1" -s 4 --comm none -e 30 --hidden 4 -C 2 -c bad.ckpt -l bad.log "${@:2}" <ring 2>err; echo $? >status) |
		mc-critic --batch 4 --threads 1 -D bad.replay >ring 2>/dev/null; } || true
	grep '^mc-rollout: ' err >line || true
	[ "$(cat status)" -eq 0 ] || [ "$(wc -l <line)" -eq 1 ]
}

@test "what an environment does wrong: the command, what, where, what to do" {
	while IFS='|' read -r how code want; do
		rm -f bad.*
		on "$bad $how {seed} {env}" --env-timeout "$(case $how in hangs) echo 6 ;; silent) echo 1 ;; *) echo 50 ;; esac)"
		echo "$how: $(cat status) $(cat line)"
		[ "$(cat status)" -eq "$code" ]
		[ "$(cat line)" = "mc-rollout: --env: \"$bad $how 4 1\"$want" ]
	done <<-'END'
	wider|65|, in episode 3, after 1 step, byte 2212 of its output: observation frame: o is float32[2,4], want float32[2,3]; sizes must be those of its header, and numbers finite
	nan|65|, in episode 3, after 1 step, byte 2212 of its output: observation frame: o has the value nan at element 5, want finite numbers; sizes must be those of its header, and numbers finite
	nan-reward|65|, in episode 3, after 1 step, byte 2212 of its output: observation frame: r is nan, want a finite number; sizes must be those of its header, and numbers finite
	mask|65|, in episode 3, after 1 step, byte 2212 of its output: observation frame: m is neither 0 nor 1 at element 0; sizes must be those of its header, and numbers finite
	prints|65|, in episode 3, after 1 step, byte 2212 of its output: a frame must start with a msgpack map; its standard output is for frames alone: messages go to standard error
	dies|65| ended with status 9 in episode 3, after 1 step; try the command by hand
	raises|65| ended with status 1 in episode 3, after 1 step; try the command by hand
	killed|65| ended with status 139 (signal 11, Segmentation fault) in episode 3, after 1 step; try the command by hand
	hangs|65| sent nothing for 6 seconds in episode 3, after 1 step; --env-timeout says how long it may take
	silent|65| sent nothing for 1 seconds before it sent a header; --env-timeout says how long it may take
	ends|65| has no more episodes; it must serve any number of them
	twice|65|, in episode 3, after 2 steps, byte 2338 of its output: asked for episode 3, step 3, it sends episode 3, step 2; each action wants one observation, and after the last step step 0 of the next episode
	shell|65| ended with status 127 before it sent a header; try the command by hand
	no-agents|65|, in its header, byte 70 of its output: its header's agents is 0, want 1 to 256; ENVIRONMENTS in mc-frame(5) tells what it must send
	no-steps|65|, in its header, byte 0 of its output: header frame: steps is missing; ENVIRONMENTS in mc-frame(5) tells what it must send
	long-name|65|, in its header, byte 72 of its output: an entry of its header has a name of more than 63 bytes, "llllllllllllllllllll..."; ENVIRONMENTS in mc-frame(5) tells what it must send
	other-seed|64| has seed 5, want 4; put {seed} where it takes its seed
	other-env|64| has environment 5, want index 1; put {env} where it takes its index: 1 is for training, 0 for evaluation
	END
}

@test "a run whose environment failed is continued, and gives the bytes of one that did not" {
	# the same task, failing once: from episode 3 on while a file is there
	cat >env <<-END
	#!/bin/sh
	[ -e fail ] && exec '$bad' dies "\$@"
	exec '$bad' well "\$@"
	END
	chmod +x env
	touch fail
	on './env {seed} {env}'
	[ "$(cat status)" -eq 65 ]
	[ "$(mc-cat bad.ckpt | jq .episode)" -eq 2 ]
	rm fail
	mc-rollout --env './env {seed} {env}' -s 4 --comm none -e 30 --hidden 4 -C 2 -c bad.ckpt -l bad.log <ring | mc-critic --batch 4 --threads 1 -D bad.replay >ring
	mc-rollout --env "$bad well {seed} {env}" -s 4 --comm none -e 30 --hidden 4 -C 2 -c whole.ckpt -l whole.log <ring | mc-critic --batch 4 --threads 1 -D whole.replay >ring
	cmp bad.ckpt whole.ckpt
	cmp bad.log whole.log
}

@test "a process that ignores SIGTERM does not keep the run from ending" {
	cat >deaf <<-END
	#!/bin/sh
	trap '' TERM
	mc-envsim -t push_N3 --env 1
	sleep 30
	END
	chmod +x deaf
	mkfifo ring
	timeout 60 mc-rollout --env "$PWD/deaf" --comm none -e 2 --hidden 4 <ring | mc-critic --threads 1 >ring
	run pgrep -f "$PWD/deaf"
	[ "$status" -eq 1 ]
}

@test "the command: {seed} and {env}, others left alone; @FILE; none" {
	cat >show <<-'END'
	#!/bin/sh
	printf '%s|' "$@" >seen
	exec "$TASK" well "$1" "$2"
	END
	chmod +x show
	export TASK=$bad
	on './show {seed} {env} "a b" {other} {seed}{env} x{seed' -e 2
	[ "$(cat seen)" = '4|1|a b|{other}|41|x{seed|' ]
	printf './show {seed} {env}   "from a file"\n\n' >command
	rm -f bad.*
	on @command -e 2
	[ "$(cat seen)" = '4|1|from a file|' ]
	run bash -c 'mc-rollout --env @none -c x < <(sleep 1) 2>&1 >/dev/null'
	[ "$status" -eq 66 ]
	[[ "$output" == 'mc-rollout: none: cannot open the command of --env: No such file'* ]]
	run bash -c 'mc-rollout --env " " -c x < <(sleep 1) 2>&1 >/dev/null'
	[ "$status" -eq 64 ]
	[[ "$output" == 'mc-rollout: --env: there is no command in " "; '* ]]
}

@test "mc-eval --env: mc-envsim is the built-in world, and the number of copies is of no account" {
	"$train" -t navigation_N3_l3 -m meta -e 55 -o nav "${small[@]}"
	for options in '' '--comm drop=0.5 --influence' '--cut 0,1 --greedy' '--max-edges 1'; do
		mc-eval -n 103 --json $options nav/run.ckpt >built-in
		mc-eval -n 103 --json $options --env "$envsim" --envs 1 nav/run.ckpt >one
		for copies in 2 7 50; do
			mc-eval -n 103 --json $options --env "$envsim" --envs $copies nav/run.ckpt | cmp - one
		done
		# the nets compute row by row here, in batches there: the same but for rounding
		run jq -s '[.[0], .[1]] | map([paths(numbers) as $p | getpath($p)]) | transpose |
			map((.[0] - .[1]) | fabs) | max < 1e-4' built-in one
		[ "$output" = true ]
		[ "$(there jq -c '[paths]' one)" = "$(there jq -c '[paths]' built-in)" ]
	done
}

@test "mc-eval --env: its seed and index, several checkpoints over the same episodes" {
	"$train" -t navigation_N3_l3 -m none -e 20 -o a "${small[@]}"
	"$train" -t navigation_N3_l3 -m full -e 20 -o b "${small[@]}"
	printf '#!/bin/sh\necho "$@" >>started; exec mc-envsim -t navigation_N3_l3 -s "$1" --env "$2"\n' >env
	chmod +x env
	mc-eval -n 20 -s 3 --env './env {seed} {env}' --envs 2 a/run.ckpt b/run.ckpt --pairs --cut 0,1 >table
	[ "$(sort -u started)" = '3 0' ]
	[ "$(wc -l <started)" -eq 2 ]
	mc-eval -n 20 -s 3 a/run.ckpt b/run.ckpt --pairs --cut 0,1 >want
	diff <(grep -v '^Over' table) <(grep -v '^Over' want)
	grep -q -- '--env ./env {seed} {env}' table
	# --aggregate evaluates checkpoints there, too
	mc-eval --aggregate -n 20 --env './env {seed} {env}' a/run.ckpt b/run.ckpt >table
	diff <(grep '^|' table) <(mc-eval --aggregate -n 20 a/run.ckpt b/run.ckpt | grep '^|')
}

@test "mc-rollout --load --env gives the built-in world's episodes" {
	"$train" -t push_N3 -m meta -e 33 -o push "${small[@]}"
	mc-rollout --load push/run.ckpt -n 5 -s 7 | mc-cat --full -t trajectory,episode >want
	mc-rollout --load push/run.ckpt -n 5 -s 7 --env 'mc-envsim -t push_N3 -s {seed} --env {env}' | mc-cat --full -t trajectory,episode | cmp - want
}

@test "a team that was trained in a program needs one: which, and of which task" {
	mkfifo ring
	mc-rollout --env "$bad well {seed} {env}" --comm full -e 20 --hidden 4 -c run.ckpt -l run.log <ring | mc-critic --threads 1 >ring
	for command in 'mc-eval run.ckpt' 'mc-rollout --load run.ckpt'; do
		run bash -c "$command 2>&1 >/dev/null"
		[ "$status" -eq 64 ]
		[ "$output" = "${command%% *}: run.ckpt: trained on \"bad\", which is not a built-in task; give its program, as in training: --env 'COMMAND {seed} {env}'" ]
	done
	mc-eval -n 30 --json --comm none --env "$bad well {seed} {env}" run.ckpt >j
	[ "$(jq -c '[.task, .method, .return_mean, .difference]' j)" = '["bad","full",-4,0]' ]
	mc-rollout --load run.ckpt -n 2 --env "$bad well {seed} {env}" | mc-cat --verify
	for other in other-task:'its task is worse' other-size:'it has 2 agents, observations of 4'; do
		run -64 mc-eval -n 30 --env "$bad ${other%%:*} {seed} {env}" run.ckpt
		[[ "$output" == "mc-eval: --env: ${other#*:}"* ]]
	done
	run -64 mc-eval --prey flee --env "$bad well {seed} {env}" run.ckpt
	run -64 mc-eval --aggregate --env "$bad well {seed} {env}" run.log
	run -65 mc-eval -n 30 --env "$bad dies {seed} {env}" --envs 2 run.ckpt
	[ "$output" = "mc-eval: --env: \"$bad dies 1 0\" ended with status 9 in episode 3, after 1 step; try the command by hand" ]
}

@test "what a program says of itself is in the run's header, and must stay as it was" {
	cat >env <<-END
	#!/bin/sh
	VERSION=\$(cat version) exec '$bad' says "\$@"
	END
	chmod +x env
	echo 2 >version
	on './env {seed} {env}' -e 4
	[ "$(mc-cat bad.ckpt | jq -c .header.environment)" = '{"version":2,"positions":{"agent":2,"landmark":1}}' ]
	[ "$(mc-cat -n 1 bad.log | jq -c .environment.version)" = 2 ]
	echo 3 >version
	on './env {seed} {env}' -e 20
	[ "$(cat status)" -eq 64 ]
	[[ "$(cat line)" == *'the run has environment.version = 2, the options say 3; '* ]]
	# positions go into the trajectories of episodes, as they were sent: thing k is at (k, step)
	mc-rollout --load bad.ckpt -n 2 --env './env {seed} {env}' >episodes
	mc-cat --verify episodes
	[ "$(mc-cat -n 1 episodes | jq -c .positions)" = '{"agent":2,"landmark":1}' ]
	[ "$(mc-cat --full -t trajectory -n 1 episodes | jq -c '.pos')" = '[[[0,0],[1,0],[2,0]],[[0,1],[1,1],[2,1]],[[0,2],[1,2],[2,2]],[[0,3],[1,3],[2,3]],[[0,4],[1,4],[2,4]]]' ]
}

@test "pictures of a task of one's own: where its program tells positions, and only there" {
	on "VERSION=1 $bad says {seed} {env}" -e 4
	mc-rollout --load bad.ckpt -n 2 --env "VERSION=1 $bad says {seed} {env}" >episodes
	mc-plot graph --step 0,2,4 -o graph.svg episodes
	[ "$(grep -o '>step [0-9] of 4, return so far [^<]*<' graph.svg | xargs)" = '>step 0 of 4, return so far 0.00< >step 2 of 4, return so far -2.00< >step 4 of 4, return so far -4.00<' ]
	grep -q '>landmark<' graph.svg
	[ "$(grep -c '>prey<' graph.svg)" -eq 0 ]
	grep -q 'positions are those that the environment tells' graph.svg
	mc-plot episode --episode 1 -o episode.gif episodes
	[ "$(head -c 6 episode.gif)" = GIF89a ]
	# thing k is at (k, step): the agents side by side, at the height of the step
	run mc-plot graph --step 1 episodes
	[ "$status" -eq 0 ]
	grep -q '0 .*1' <<<"$output"
	# no positions: not known
	rm bad.*
	on "$bad well {seed} {env}" -e 4
	run -65 bash -c "mc-rollout --load bad.ckpt -n 1 --env '$bad well {seed} {env}' | mc-plot graph --step 0 -o x.svg"
	[[ "$output" == *'task "bad": the positions of its agents are unknown; its program must report positions; '* ]]
	# roles that there are not, and a team that does not come first
	for roles in agents,landmark landmark,agent agent,star; do
		/usr/bin/python3 - "$roles" episodes <<-'PY' >odd
		import sys, msgpack
		a, b = sys.argv[1].split(",")
		for f in msgpack.Unpacker(open(sys.argv[2], "rb"), max_buffer_size=2**30):
		    f.pop("crc32", None)
		    if f["type"] == "header":
		        f["positions"] = {a: 2, b: 1} if a != "landmark" else {a: 1, b: 2}
		    sys.stdout.buffer.write(msgpack.packb(f))
		PY
		run -65 bash -c 'cat odd | mc-plot graph --step 0 -o x.svg'
		[[ "$output" == *'positions '* ]]
	done
}
