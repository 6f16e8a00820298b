# The ring: opening, continuing, signals, failures, locks. Short runs with small nets.
load there
load programs

bats_require_minimum_version 1.5.0

setup() {
	programs
	small=(-t navigation_N3_l3 -R '--hidden 8 -C 7' -Q '--batch 32 --threads 1')
	rule=(-M '--rule-hidden 8')
}

# A run that is long enough to be disturbed: waits until $1 holds so many bytes of log.
await_log() {
	for _ in $(seq 500); do
		[ ! -e "$1" ] || [ "$(stat -c %s "$1")" -lt "$2" ] || return 0
		sleep 0.02
	done
	return 1
}

@test "a run leaves checkpoint, log and a small replay file; a larger one only where it is asked for" {
	run "$train" "${small[@]}" -m none -e 30 -o d
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ -s d/run.ckpt ]
	mc-cat --verify d/run.replay
	"$train" "${small[@]}" -m none -e 300 -o e -Q '--keep-below 1'
	[ ! -e e/run.replay ]
	"$train" "${small[@]}" -m none -e 300 -o f -Q '--keep-below 1 --keep-replay'
	[ "$(stat -c %s f/run.replay)" -gt 1000000 ]
	"$train" "${small[@]}" -m none -e 30 -o g -Q '--keep-below 0'
	[ ! -e g/run.replay ]
	mc-cat --verify d/run.ckpt
	mc-cat --verify d/run.log
	[ "$(mc-cat --type episode d/run.log | wc -l)" -eq 30 ]
}

@test "a run of meta ends at the first meta-iteration with enough episodes, and says so" {
	"$train" "${small[@]}" "${rule[@]}" -m meta -e 40 -o d
	[ "$(mc-cat d/run.ckpt | jq .episode)" -eq 44 ]
	[ "$(mc-cat d/run.ckpt | jq .iteration)" -eq 40 ]
	[ "$(mc-cat --type episode d/run.log | wc -l)" -eq 44 ]
}

@test "one metric from each program for each meta-iteration" {
	"$train" "${small[@]}" "${rule[@]}" -m meta -e 44 -o d
	for p in mc-rollout mc-metalearn mc-critic; do
		[ "$(mc-cat --type metric d/run.log | jq -c "select(.program == \"$p\")" | wc -l)" -eq 4 ]
	done
	"$train" "${small[@]}" -m full -e 40 -o f
	for p in mc-rollout mc-critic; do
		[ "$(mc-cat --type metric f/run.log | jq -c "select(.program == \"$p\")" | wc -l)" -eq 4 ]
	done
}

@test "the same seed gives the same bytes, another seed others" {
	"$train" "${small[@]}" "${rule[@]}" -m meta -e 60 -o a
	"$train" "${small[@]}" "${rule[@]}" -m meta -e 60 -o b
	"$train" "${small[@]}" "${rule[@]}" -m meta -e 60 -s 2 -o c
	cmp a/run.ckpt b/run.ckpt
	cmp a/run.log b/run.log
	differ a/run.ckpt c/run.ckpt
}

@test "threads change no byte" {
	"$train" -t navigation_N6_l1 -R '--hidden 8 --threads 1' -Q '--batch 300 --threads 1' -m full -e 60 -o a
	"$train" -t navigation_N6_l1 -R '--hidden 8 --threads 3' -Q '--batch 300 --threads 3' -m full -e 60 -o b
	cmp a/run.ckpt b/run.ckpt
	cmp a/run.log b/run.log
}

@test "checkpoints more or less often change no byte" {
	"$train" "${small[@]}" "${rule[@]}" -m meta -e 60 -o a
	"$train" "${small[@]}" "${rule[@]}" -m meta -e 60 -o b -R '--hidden 8 -C 1'
	cmp a/run.ckpt b/run.ckpt
	cmp a/run.log b/run.log
}

@test "-e 0 leaves the untrained team, the same policy for every method" {
	"$train" "${small[@]}" "${rule[@]}" -m meta -e 0 -o a
	"$train" "${small[@]}" -m reinforce -e 0 -o b
	"$train" "${small[@]}" -m none -e 0 -o c
	policy() { mc-cat --full "$1/run.ckpt" | there jq -c '[.params.policy, .params.critic, .params.target.policy]'; }
	[ "$(policy a)" = "$(policy b)" ]
	[ "$(policy a)" = "$(policy c)" ]
	[ "$(mc-cat a/run.ckpt | jq .episode)" -eq 0 ]
	[ "$(mc-cat --full a/run.ckpt | there jq -c .params.comm)" = "$(mc-cat --full b/run.ckpt | there jq -c .params.comm)" ]
}

@test "targets start as copies" {
	"$train" "${small[@]}" -m reinforce -e 0 -o a
	[ "$(mc-cat --full a/run.ckpt | jq '.params.comm == .params.target.comm')" = true ]
	[ "$(mc-cat --full a/run.ckpt | jq '.params.policy == .params.target.policy')" = true ]
	[ "$(mc-cat --full a/run.ckpt | jq '.params.critic == .params.target.critic')" = true ]
}

@test "only the nets that a run has are in its checkpoint" {
	"$train" "${small[@]}" -m none -e 20 -o a
	[ "$(mc-cat a/run.ckpt | jq -c '.params | keys')" = '["critic","policy","target"]' ]
	[ "$(mc-cat a/run.ckpt | jq -c '.params.target | keys')" = '["critic","policy"]' ]
	"$train" "${small[@]}" -m reinforce -e 20 -o b
	[ "$(mc-cat b/run.ckpt | jq -c '.params | keys')" = '["baseline","comm","critic","policy","target"]' ]
	"$train" "${small[@]}" "${rule[@]}" -m meta -e 20 -o c
	[ "$(mc-cat c/run.ckpt | jq -c '.params | keys')" = '["baseline","comm","critic","policy","rule","target"]' ]
	"$train" "${small[@]}" -M '--rule-hidden 8 --freeze' -m meta -e 20 -o d
	[ "$(mc-cat d/run.ckpt | jq -c '.params | keys')" = '["comm","critic","policy","rule","target"]' ]
	[ "$(mc-cat d/run.ckpt | jq '.header.meta_k')" = null ]
}

@test "--keep leaves checkpoints at the first meta-iteration at or after each" {
	"$train" "${small[@]}" "${rule[@]}" -m meta -e 60 -o d -R '--hidden 8 --keep 0,12,50'
	[ "$(mc-cat d/run-0.ckpt | jq .episode)" -eq 0 ]
	[ "$(mc-cat d/run-12.ckpt | jq .episode)" -eq 22 ]
	[ "$(mc-cat d/run-50.ckpt | jq .episode)" -eq 55 ]
	[ "$(mc-cat d/run.ckpt | jq .episode)" -eq 66 ]
}

@test "the bare ring of the manual" {
	mkfifo ring
	(mc-rollout -t push_N3 -e 30 --hidden 8 -c r.ckpt -l r.log <ring | mc-metalearn --rule-hidden 8 | mc-critic --batch 32 >ring)
	[ "$(mc-cat r.ckpt | jq .episode)" -eq 33 ]
	mc-cat --verify r.log
}

@test "an environment in another process: the same bytes" {
	"$train" "${small[@]}" "${rule[@]}" -m meta -e 40 -o a
	mkfifo ring
	mkdir c
	(mc-rollout -t navigation_N3_l3 --env 'mc-envsim -t navigation_N3_l3 --env 1' -e 40 --hidden 8 -C 7 -c c/run.ckpt -l c/run.log <ring |
	    mc-metalearn --rule-hidden 8 | mc-critic --batch 32 -D c/run.replay >ring)
	cmp a/run.ckpt c/run.ckpt
	cmp a/run.log c/run.log
}

@test "an environment of another seed or index is refused" {
	run -64 mc-rollout -t navigation_N3_l3 --env 'mc-envsim -t navigation_N3_l3 --env 1 -s 5' </dev/stdin < <(sleep 1) >/dev/null
	[[ "$output" == *"seed"* ]]
	run -64 mc-rollout -t navigation_N3_l3 --env 'mc-envsim -t navigation_N3_l3' < <(sleep 1) >/dev/null
	[[ "$output" == *"index"* ]]
}

# rollout COMMAND: mc-rollout acts in it, at the start of a ring that sends nothing back but its own frames
in_env() {
	rm -f ring
	mkfifo ring
	{ (mc-rollout --env "$1" --comm none -e 30 --hidden 8 -l env.log 2>err <ring; echo $? >status) | mc-critic --batch 32 >ring; } || true
	[ "$(wc -l <err)" -eq 1 ]
	[ "$(cat status)" -eq 65 ]
}

@test "an environment that ends before its time: its command and status in one line" {
	for command in 'exit 3' 'kill -SEGV $$' 'true'; do
		in_env "$command"
		case $command in
		*3) want='ended with status 3' ;;
		true) want='ended with status 0' ;;
		*) want='was killed by signal 11 (Segmentation fault)' ;;
		esac
		[ "$(cat err)" = "mc-rollout: --env: \"$command\" $want before it sent a header; try the command by hand" ]
	done
	# a header, step 0 and nothing more, or a part of the header; then it dies
	mc-envsim -t push_N3 --env 1 </dev/null | head -c -22 >stream   # but for its end
	in_env 'head -c 50 stream; exit 9'
	[[ "$(cat err)" == *'exit 9" ended with status 9 before it sent a header;'* ]]
	in_env 'cat stream; exit 7'
	[[ "$(cat err)" == 'mc-rollout: --env: "cat stream'*'exit 7" ended with status 7 in episode 0, after '*' steps; try the command by hand' ]]
	in_env 'mc-envsim -t push_N3 --env 1 -n 1; exit 5'
	[[ "$(cat err)" == *'-n 1; exit 5" ended with status 5 in episode 1, after 0 steps; '* ]]
	in_env 'mc-envsim -t push_N3 --env 1 -n 1'
	[ "$(cat err)" = 'mc-rollout: --env: "mc-envsim -t push_N3 --env 1 -n 1" has no more episodes; it must serve any number of them' ]
	in_env 'cat stream; exec 1>&-; sleep 60'
	[[ "$(cat err)" == *'closed its output in episode 0, after '*' steps, but keeps running; '* ]]
}

@test "stopped by TERM and continued: the bytes of the run that was never stopped" {
	"$train" "${small[@]}" "${rule[@]}" -m meta -e 900 -o a
	"$train" "${small[@]}" "${rule[@]}" -m meta -e 900 -o b 2>err &
	pid=$!
	await_log b/run.log 20000
	kill -TERM $pid
	status=0
	wait $pid || status=$?
	[ "$status" -eq 75 ]
	[ ! -s err ]
	[ -e b/run.replay ]
	episodes=$(mc-cat b/run.ckpt | jq .episode)
	[ "$episodes" -gt 0 ]
	[ "$episodes" -lt 900 ]
	"$train" "${small[@]}" "${rule[@]}" -m meta -e 900 -o b
	cmp a/run.ckpt b/run.ckpt
	cmp a/run.log b/run.log
	cmp a/run.replay b/run.replay
}

@test "a run whose length is raised: the bytes of the longer run" {
	fixed=(--explore 0.2 --critic-gamma 0.9)      # not over a share of the run
	"$train" "${small[@]}" -m reinforce -e 90 -o a "${fixed[@]}"
	"$train" "${small[@]}" -m reinforce -e 43 -o b "${fixed[@]}" -Q '--threads 2'
	"$train" "${small[@]}" -m reinforce -e 90 -o b "${fixed[@]}" -Q '--threads 1'
	cmp a/run.ckpt b/run.ckpt
	cmp a/run.log b/run.log
	cmp a/run.replay b/run.replay
	mc-cat --verify a/run.replay
}

@test "a finished run is left as it is" {
	"$train" "${small[@]}" -m none -e 30 -o a
	sum=$(cat a/* | cksum)
	unset MC_QUIET
	run "$train" "${small[@]}" -m none -e 30 -o a
	[ "$status" -eq 0 ]
	[[ "$output" == *"finished: 30 episodes"* ]]
	[ "$(cat a/* | cksum)" = "$sum" ]
}

@test "raising -e without the replay file says why not, and changes nothing" {
	"$train" "${small[@]}" -m none -e 30 -o a -Q '--keep-below 0'
	sum=$(cat a/* | cksum)
	run "$train" "${small[@]}" -m none -e 60 -o a
	[ "$status" -eq 66 ]
	[ "$(cat a/* | cksum)" = "$sum" ]
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == *"--keep-replay"* ]]
}

@test "a replay buffer in memory cannot be continued, and that is said" {
	mkfifo ring
	(mc-rollout -t push_N3 --comm none -e 20 --hidden 8 -c r.ckpt <ring | mc-critic --batch 32 >ring)
	(mc-rollout -t push_N3 --comm none -e 40 --hidden 8 -c r.ckpt <ring | mc-critic --batch 32 2>err >ring) || true
	grep -q 'mc-critic: -D: .*cannot be continued' err
	[ "$(wc -l <err)" -eq 1 ]
}

@test "an option that would make another run is refused with both values" {
	"$train" "${small[@]}" -m none -e 30 -o a
	run "$train" -t navigation_N3_l3 -R '--hidden 9' -Q '--batch 32' -m none -e 60 -o a
	[ "$status" -eq 64 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == *"hidden = 8"*"say 9"* ]]
	run "$train" "${small[@]}" -m none -e 60 -o a -s 4
	[ "$status" -eq 64 ]
	[[ "$output" == *"seed = 1"*"say 4"* ]]
	run "$train" "${small[@]}" -m none -e 60 -o a -Q '--batch 64'
	[ "$status" -eq 64 ]
	[[ "$output" == *"batch = 32"*"say 64"* ]]
	run "$train" "${small[@]}" -m none -e 60 -o a -t push_N3
	[ "$status" -eq 64 ]
	[[ "$output" == *"navigation_N3_l3"*"push_N3"* ]]
}

@test "--fresh starts anew" {
	"$train" "${small[@]}" -m none -e 30 -o a
	"$train" -t navigation_N3_l3 -R '--hidden 9 --fresh' -Q '--batch 32' -m none -e 20 -o a
	[ "$(mc-cat a/run.ckpt | jq .header.hidden)" -eq 9 ]
	[ "$(mc-cat --type episode a/run.log | wc -l)" -eq 20 ]
}

@test "a second run on the same checkpoint exits 75 and the first is unharmed" {
	"$train" "${small[@]}" "${rule[@]}" -m meta -e 700 -o a
	"$train" "${small[@]}" "${rule[@]}" -m meta -e 700 -o b &
	pid=$!
	await_log b/run.log 2000
	run "$train" "${small[@]}" "${rule[@]}" -m meta -e 700 -o b
	[ "$status" -eq 75 ]
	[ "${#lines[@]}" -eq 1 ]
	wait $pid
	cmp a/run.ckpt b/run.ckpt
	cmp a/run.log b/run.log
}

@test "USR1 makes a checkpoint and the run goes on" {
	"$train" -t navigation_N3_l3 -R '--hidden 8' -Q '--batch 32' -m full -e 900 -o a &
	pid=$!
	await_log a/run.log 5000
	kill -USR1 $pid
	for _ in $(seq 200); do [ -e a/run.ckpt ] && break; sleep 0.02; done
	mc-cat --verify a/run.ckpt
	wait $pid
	[ "$(mc-cat a/run.ckpt | jq .episode)" -eq 900 ]
}

@test "a killed program: the others end at once, one line names it, its status comes out" {
	for victim in mc-rollout mc-metalearn mc-critic; do
		rm -rf d
		"$train" "${small[@]}" "${rule[@]}" -m meta -e 100000 -o d 2>err &
		pid=$!
		await_log d/run.log 5000
		pkill -KILL -P $pid -x $victim
		start=$(date +%s)
		status=0
		wait $pid || status=$?
		[ "$status" -eq 137 ]
		[ $(($(date +%s) - start)) -le 20 ]   # no hang; a busy machine is not a failure
		[ "$(wc -l <err)" -eq 1 ]
		grep -q "train: $victim was killed by signal 9" err
	done
}

@test "killed and continued: the bytes of the run that was never stopped" {
	"$train" "${small[@]}" "${rule[@]}" -m meta -e 1500 -o a
	bytes=8000 killed=0
	for victim in mc-rollout mc-metalearn mc-critic; do
		"$train" "${small[@]}" "${rule[@]}" -m meta -e 1500 -o d 2>/dev/null &
		pid=$!
		await_log d/run.log $bytes
		pkill -KILL -P $pid -x $victim || true   # unless it was quicker and is done
		status=0
		wait $pid || status=$?
		[ "$status" -eq 137 ] || [ "$status" -eq 0 ]
		[ "$status" -eq 0 ] || killed=$((killed + 1))
		bytes=$(($(stat -c %s d/run.log) + 12000))
	done
	[ "$killed" -gt 0 ]
	"$train" "${small[@]}" "${rule[@]}" -m meta -e 1500 -o d
	cmp a/run.ckpt d/run.ckpt
	cmp a/run.log d/run.log
}

@test "a ring that cannot work is refused before it starts" {
	mkfifo ring
	(mc-rollout -t push_N3 -e 30 --hidden 8 <ring | mc-critic 2>err >ring) || true
	grep -q 'nobody learns whom to talk to' err
	[ "$(wc -l <err)" -eq 1 ]
	(mc-rollout -t push_N3 --comm none -e 30 --hidden 8 <ring | mc-metalearn 2>err | mc-critic >ring) || true
	grep -q 'nothing to learn under --comm none' err
	[ "$(wc -l <err)" -eq 1 ]
	(mc-rollout -t push_N3 -e 30 --hidden 8 2>err <ring | mc-metalearn >ring) || true
	grep -q 'nobody learns the policy' err
	[ "$(wc -l <err)" -eq 1 ]
	(mc-rollout -t push_N3 -e 30 --hidden 8 <ring | mc-metalearn | mc-metalearn 2>err | mc-critic >ring) || true
	grep -q 'mc-metalearn learns whom to talk to already' err
	[ "$(wc -l <err)" -eq 1 ]
}

# told DIR: of what a preset settles
told() {
	mc-cat $1/run.ckpt | jq -c '.header | [.share, .explore.start, .explore.episodes, (.["mc-critic"] | has("gamma"))]'
}

@test "the critic's discount is what suits the task, unless it is given" {
	short=(-R '--hidden 8 --threads 1' -Q '--batch 64 --threads 1')
	"$train" "${short[@]}" -t reference_N3_s1 -m none -e 4 -o told
	"$train" "${short[@]}" -t push_N3 -m none -e 4 -o push
	"$train" "${short[@]}" -t predator_prey_N3_l3 -m none -e 4 -o chase
	"$train" "${short[@]}" -t predator_prey_N3_l3 -m none -e 4 -o given --critic-gamma 0.7
	"$train" "${short[@]}" -E "/usr/bin/python3 '$BATS_TEST_DIRNAME/../examples/hints.py' {seed} {env}" -m none -e 4 -o mine
	gamma() { mc-cat $1/run.ckpt | jq -c '.header["mc-critic"].gamma'; }
	[ "$(gamma told)" = 0.6 ]
	[ "$(gamma chase)" = null ]     # that of the run
	[ "$(mc-cat chase/run.ckpt | jq .header.gamma)" = 0.95 ]
	[ "$(gamma given)" = 0.7 ]
	[ "$(gamma push)" = '{"start":0.6,"end":0.95,"episodes":3,"share":0.8}' ]
	[ "$(gamma mine)" = "$(gamma push)" ]
}

@test "presets: the paper's options, or one actor; what is given besides counts" {
	"$train" "${small[@]}" -m none -e 20 -o paper --preset paper
	[ "$(told paper)" = '[false,0.2,0,false]' ]
	"$train" "${small[@]}" -m none -e 20 -o shared -p shared
	[ "$(told shared | jq -c '.[0]')" = true ]
	"$train" "${small[@]}" -m none -e 20 -o both --preset=paper -R '--share --explore 0.3' -Q '--critic-gamma 0.5'
	[ "$(told both)" = '[true,0.3,0,true]' ]
	for task in navigation_N3_l3 predator_prey_N3_l3 reference_N3_s1; do
		"$train" -R '--hidden 8' -Q '--batch 64' -t $task -m none -e 4 -o $task -p tuned
	done
	[ "$(mc-cat navigation_N3_l3/run.ckpt | jq -c '.header | [.share, .["mc-critic"].critic]')" = '[true,"invariant"]' ]
	[ "$(mc-cat reference_N3_s1/run.ckpt | jq -c '.header | [.share, .["mc-critic"].critic]')" = '[true,null]' ]
	run "$train" "${small[@]}" -m none -e 20 -o d --preset best
	[ "$status" -eq 64 ]
	[ "$output" = 'train: -p: unknown preset "best": paper, shared, tuned, sighted or carried' ]
	[ ! -e d ]
	"$train" "${small[@]}" -e 20 -o sighted -p sighted -M '--eps 1e-3'
	[ "$(mc-cat sighted/run.ckpt | jq -c '.header["mc-metalearn"] | [.rule_input, .scale_rule, .lr_rule, .eps, .eps_rule]')" = '["I,normal",0,0.001,0.001,1e-08]' ]
	run "$train" "${small[@]}" -m reinforce -e 20 -o d -p sighted
	[ "$status" -eq 64 ]
	[ "$output" = 'train: -p: sighted needs the learned rule: -m meta' ]
	"$train" -t push_N3 -R '--hidden 8' -Q '--batch 64' -e 20 -o carried -p carried
	[ "$(mc-cat carried/run.ckpt | jq -c '.header["mc-metalearn"] | [.eta, .freeze, .eps, .rule, .residual]')" = '["auto",true,0.01,"edge",true]' ]
	run "$train" "${small[@]}" -m none -e 20 -o d -p carried
	[ "$status" -eq 64 ]
	[ "$output" = 'train: -p: carried needs the learned rule: -m meta' ]
	[ ! -e d ]
}

@test "a wrong option in one program: its line, its status, nothing else" {
	for o in -R -M -Q; do
		run "$train" -t push_N3 -m meta -e 30 -o d $o '--bogus 3'
		[ "$status" -eq 64 ]
		[ "${#lines[@]}" -eq 1 ]
		[[ "$output" == *"--bogus: unknown option"* ]]
	done
	run "$train" -t pull_N3 -o d
	[ "$status" -eq 64 ]
	[ "${#lines[@]}" -eq 1 ]
	run "$train" -t push_N3 -m gossip -o d
	[ "$status" -eq 64 ]
	[[ "$output" == *"unknown method"* ]]
	run "$train"
	[ "$status" -eq 64 ]
}

@test "numbers that diverge stop the run with net and iteration; the checkpoint stands" {
	run "$train" -t navigation_N3_l3 -m full -e 400 -o d -R '--hidden 128 -C 5' -Q '--lr-critic 1000 --lr-policy 100'
	[ "$status" -eq 65 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == "mc-critic: critic: "*"at iteration "*"the checkpoint of iteration "*" stands"* ]]
	mc-cat --verify d/run.ckpt
}

@test "a ring's end that is not a pipe is refused with a hint" {
	run -64 bash -c 'mc-rollout -t push_N3 </dev/null >/dev/null'
	[[ "$output" == *mkfifo* ]]
	touch f
	run -64 bash -c 'mc-rollout -t push_N3 <f | cat >/dev/null; exit ${PIPESTATUS[0]}'
	[[ "$output" == *mkfifo* ]]
}

@test "a file that cannot grow: 74 with the cause, and the earlier checkpoint stands" {
	"$train" "${small[@]}" -m none -e 30 -o d -Q '--batch 32 --keep-replay'
	cp d/run.ckpt before
	run bash -c 'ulimit -f 400; exec "$@"' - "$train" "${small[@]}" -m none -e 400 -o d -Q '--batch 32 --keep-replay'
	[ "$status" -eq 74 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == "mc-critic: d/run.replay"*"File too large"* ]]
	mc-cat --verify d/run.ckpt
	[ ! -e d/run.ckpt.tmp ]
	"$train" "${small[@]}" -m none -e 60 -o d -Q '--batch 32 --keep-replay'
}

@test "mc-rollout --load writes trajectories that others can read" {
	"$train" "${small[@]}" "${rule[@]}" -m meta -e 30 -o d
	mc-rollout --load d/run.ckpt -n 4 >t.mc
	mc-cat --verify t.mc
	[ "$(mc-cat --type trajectory t.mc | wc -l)" -eq 4 ]
	[ "$(mc-cat --type trajectory -n 1 t.mc | jq -c .o.shape)" = '[26,3,14]' ]
	mc-rollout --load d/run.ckpt -n 4 | cmp - <(mc-rollout --load d/run.ckpt -n 4)
	run -64 mc-rollout --load d/run.ckpt -t push_N3
	run -66 mc-rollout --load missing
	run -65 mc-rollout --load d/run.log
	head -c 3000 d/run.ckpt >cut
	run -65 mc-rollout --load cut
	run bash -c 'mc-rollout --load d/run.ckpt -n 100000 | head -c 100 >/dev/null'
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}
