# A run that was stopped and continued is the run that was never stopped: for every method, with
# other threads, with -e raised; what may change, and what may not. (kill.py stops at random.)
load there
load programs

bats_require_minimum_version 1.5.0

# ring DIR METHOD EPISODES THREADS [mc-rollout's options]: a run whose files are all kept. Its noise
# falls over so many episodes: as a share of the run it would remember the first -e.
ring() {
	rule=()
	[ "$2" != meta ] || rule=(-M '--rule-hidden 4 -K 5')
	"$train" -t navigation_N2_l2 -m "$2" -e "$3" -o "$1" "${rule[@]}" -R "--hidden 8 -C 7 --explore 0.5:0.2:20 --threads $4 $5" \
		-Q "--batch 64 --threads $4 --keep-replay --critic-gamma 0.6:0.9:25"
}

# Checkpoint, log, replay buffer, and what mc-eval measures.
same() {
	cmp "$1/run.ckpt" "$2/run.ckpt"
	cmp "$1/run.log" "$2/run.log"
	cmp "$1/run.replay" "$2/run.replay"
	[ "$(cd "$1" && mc-eval -n 2 --json run.ckpt)" = "$(cd "$2" && mc-eval -n 2 --json run.ckpt)" ]
}

await_log() {
	for _ in $(seq 3000); do
		[ ! -e "$1" ] || [ "$(stat -c %s "$1")" -lt "$2" ] || return 0
		sleep 0.02
	done
	return 1
}

# The whole run by one thread and by two; and one in three parts, each by another number of threads.
parts() {
	ring one $1 66 1
	ring two $1 66 2
	same one two
	ring parts $1 17 2
	ring parts $1 40 1
	ring parts $1 66 3
	same one parts
}

@test "none: by 1 and 2 threads, and in parts by other threads each, -e raised: the same bytes" {
	parts none
}

@test "full: by 1 and 2 threads, and in parts by other threads each, -e raised: the same bytes" {
	parts full
}

@test "reinforce: by 1 and 2 threads, and in parts by other threads each, -e raised: the same bytes" {
	parts reinforce
}

@test "stgs: by 1 and 2 threads, and in parts by other threads each, -e raised: the same bytes" {
	parts stgs
}

@test "meta: by 1 and 2 threads, and in parts by other threads each, -e raised: the same bytes" {
	parts meta
}

@test "noise over a share of the run: of what the run was to have when it began, also when -e is raised" {
	ring parts none 20 2 '--explore 1:0.2:50%'
	ring parts none 30 1 '--explore 1:0.2:50%'
	ring parts none 40 2 '--explore 1:0.2:50%'
	[ "$(mc-cat parts/run.ckpt | jq -c '.header | [.explore.episodes, .explore.share, .planned]')" = '[10,0.5,20]' ]
	ring same none 40 1 '--explore 1:0.2:10'
	mc-cat -t metric parts/run.log | jq -r 'select(.program == "mc-rollout") | .values.explore' >explored
	[ "$(head -1 explored)" = 0.28 ]              # the metric of episodes 0 to 9
	[ "$(tail -1 explored)" = 0.2 ]
	for d in parts same; do
		mc-cat --full -t episode -t trajectory $d/run.replay >$d.told
	done
	cmp parts.told same.told
	[ "$(mc-cat same/run.ckpt | jq -c '.header | has("planned")')" = false ]
	run ring parts none 50 1 '--explore 1:0.2:60%'
	[ "$status" -eq 64 ]
	[[ "$output" == *share* || "$output" == *episodes* ]]
}

@test "critic's discount and rates over shares of the run, stopped and continued: the same bytes" {
	move='--critic-gamma 0.5:0.9:50% --lr-critic 1e-3:1e-4:100% --lr-policy 0.002:0.001:10'
	for d in whole parts; do
		for e in 20 30 40; do
			[ $d$e != whole30 ] || continue
			"$train" -t navigation_N2_l2 -m none -e $e -o $d -R '--hidden 8 -C 7' -Q "--batch 64 --threads 1 --keep-replay $move"
		done
	done
	same whole parts
	[ "$(mc-cat parts/run.ckpt | jq -c '.header | .planned, .["mc-critic"].gamma, .["mc-critic"].lr_policy')" = \
'20
{"start":0.5,"end":0.9,"episodes":10,"share":0.5}
{"start":0.002,"end":0.001,"episodes":10}' ]
	# what moves is what a constant would have been: until then, and no longer
	for d in constant moves; do
		gamma=$([ $d = constant ] && echo 0.5 || echo 0.5:0.9:1000000000)
		"$train" -t navigation_N2_l2 -m none -e 30 -o $d -R '--hidden 8' -Q "--batch 64 --threads 1 --critic-gamma $gamma"
		mc-cat --full $d/run.ckpt | there jq -c .params.critic >$d.critic
	done
	cmp constant.critic moves.critic
	"$train" -t navigation_N2_l2 -m none -e 30 -o other -R '--hidden 8' -Q "--batch 64 --threads 1"
	mc-cat --full other/run.ckpt | there jq -c .params.critic >other.critic
	differ constant.critic other.critic
	"$train" -t navigation_N2_l2 -m none -e 30 -o alike -R '--hidden 8 --gamma 0.5' -Q "--batch 64 --threads 1 --critic-gamma same"
	mc-cat --full alike/run.ckpt | there jq -c .params.critic >alike.critic
	cmp constant.critic alike.critic
}

@test "three updates for each trajectory, joint, penalised, with five rewards before Q', stopped and continued: the same bytes" {
	for d in whole parts; do
		for e in 10 25; do
			[ $d$e != whole10 ] || continue
			"$train" -t navigation_N2_l2 -m full -e $e -o $d -R '--hidden 8 -C 7 --explore 0.2' \
				-Q '--batch 64 --threads 1 --keep-replay --critic-gamma same --updates 3 --joint --penalty 0.01 --n-step 5'
		done
	done
	same whole parts
	[ "$(mc-cat whole/run.ckpt | jq -c '.header["mc-critic"] | [.updates, .joint, .penalty, .n_step]')" = '[3,true,0.01,5]' ]
	"$train" -t navigation_N2_l2 -m full -e 25 -o once -R '--hidden 8' -Q '--batch 64 --threads 1'
	[ "$(mc-cat once/run.ckpt | jq -c '.header["mc-critic"] | [.updates, .joint, .penalty, .n_step]')" = '[null,null,null,null]' ]
	for d in whole once; do
		mc-cat --full $d/run.ckpt | jq '.state["mc-critic"].critic.step' >$d.steps
	done
	[ "$(cat whole.steps)" -eq $((3 * $(cat once.steps))) ]
}

@test "the invariant critic, stopped and continued: the same bytes; it stays what it is" {
	critic() {
		"$train" -t navigation_N2_l2 -m full -e "$2" -o "$1" -R '--hidden 8 -C 7 --explore 0.2' \
			-Q "--batch 64 --threads 1 --keep-replay --critic-gamma same $3"
	}
	critic whole 25 '--critic invariant'
	critic parts 10 '--critic invariant'
	critic parts 25 '--critic invariant'
	same whole parts
	critic mlp 25 ''
	critic named 25 '--critic mlp'
	cmp mlp/run.ckpt named/run.ckpt
	for d in whole mlp; do
		mc-cat $d/run.ckpt | jq -c '[.header["mc-critic"].critic, (.params.critic | map_values(.kernel.shape))]'
	done >critics
	[ "$(cat critics)" = '["invariant",{"dense_0":[12,8],"dense_1":[8,8],"team":[8,8],"dense_2":[8,1]}]
[null,{"dense_0":[24,8],"dense_1":[8,8],"dense_2":[8,1]}]' ]
	# what it measures is Q with each message, and without it
	mc-eval -n 2 --influence --json whole/run.ckpt | jq -e '.influence_q | flatten | map(select(. != null)) | length == 2 and all(. != 0)'
	run -64 --separate-stderr critic mlp 30 '--critic invariant'
	[[ "$stderr" == *'mc-critic.critic'*'invariant'* ]]
	run -64 --separate-stderr critic whole 30 ''
	[[ "$stderr" == *'mc-critic.critic'*'invariant'* ]]
	run -64 --separate-stderr "$train" -t navigation_N2_l2 -m full -e 30 -o frozen -R '--hidden 8' -Q "--freeze-policy $PWD/whole/run.ckpt"
	[[ "$stderr" == "mc-critic: --freeze-policy: "*"has another critic; give the --critic that it was trained with" ]]
	"$train" -t navigation_N2_l2 -m full -e 5 -o frozen -R '--hidden 8' -Q "--critic invariant --freeze-policy $PWD/whole/run.ckpt"
	run -64 --separate-stderr mc-critic --critic order </dev/null
	[ "$stderr" = 'mc-critic: --critic: "order" is neither mlp nor invariant' ]
}

@test "a fixed rule, stopped and continued: the same bytes" {
	ring learned meta 12 1
	for d in whole parts; do
		for e in 10 30; do
			[ $d$e != whole10 ] || continue
			"$train" -t navigation_N2_l2 -m meta -e $e -o $d -R '--hidden 8 -C 7 --explore 0.2' -M '--rule-hidden 4 --freeze --eta learned/run.ckpt' \
				-Q '--batch 64 --threads 2 --keep-replay --critic-gamma same'
		done
	done
	same whole parts
}

@test "nets so wide that two threads act, stopped and continued by one: the same bytes" {
	for d in one parts; do
		for e in 8 14; do
			[ $d$e != one8 ] || continue
			threads=$([ $d$e = parts8 ] && echo 2 || echo 1)
			"$train" -t navigation_N3_l3 -m full -e $e -o $d -R "--hidden 192 --explore 0.2 --threads $threads" \
				-Q "--batch 100 --threads $threads --keep-replay --critic-gamma same"
		done
	done
	same one parts
}

@test "files that were moved, other -C, --keep, --progress and --max-frame: accepted, the same bytes" {
	ring one meta 66 1
	ring parts meta 17 1
	mkdir -p moved/to
	mv parts moved/to/here
	ring moved/to/here meta 66 2 '-C 1 --keep 30 --progress never --max-frame 1000000'
	same one moved/to/here
	[ -s moved/to/here/run-30.ckpt ]
}

# refused OPTION NAME VALUE: of the checkpoint, and what is said of the same name now
refused() {
	[ "$status" -eq 64 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == *"$1"*"$2"*"$3"* ]]
	[ "$(cat d/run.* | cksum)" = "$sum" ]
}

@test "an option of any program that would make another run: refused with both values, no byte changed" {
	ring d meta 12 1
	sum=$(cat d/run.* | cksum)
	again() { run "$train" -t navigation_N2_l2 -m meta -e 24 -o d -s "${4:-1}" -R "--hidden 8 --explore 0.5:0.2:20 $1" -M "--rule-hidden 4 -K 5 $2" -Q "--batch 64 --critic-gamma 0.6:0.9:25 $3"; }
	again '--gamma 0.9'; refused gamma 0.95 0.9
	again '--explore 0.3:0.2:20'; refused explore.start 0.5 0.3
	again '--explore 0.5:0.2:50%'; refused explore.episodes 20 12
	again '--explore-carry 0.5'; refused 'the run has no explore_carry,' 'the options say' 0.5
	again '--range 2'; refused 'the run has no range,' 'the options say' 2
	again '--share'; refused share false true
	again '--lag 1'; refused 'the run has no lag,' 'the options say' 1
	again '--edge-cost 0.5'; refused 'the run has no edge_cost,' 'the options say' 0.5
	again '' '' '' 9; refused seed 1 9
	again '' '-K 7'; refused meta_k 5 7
	again '' '--lr-rule 0.5'; refused lr_rule 5e-05 0.5
	again '' '--beta 0.5'; refused beta 0.01 0.5
	again '' '--rule-hidden 5'; refused rule_hidden 4 5
	again '' '--last-only'; refused last_only false true
	again '' '' '--lr-critic 0.5'; refused lr_critic 0.001 0.5
	again '' '' '--critic-gamma 0.7'; refused gamma '' 0.7
	again '' '' '--tau 0.5'; refused tau 0.01 0.5
	again '' '' '--replay 777'; refused replay 1000000 777
	again '' '' '--warmup 777'; refused warmup 64 777
	run ring d reinforce 24 1; refused method meta reinforce
	run ring d none 24 1; refused method meta none
}

@test "20 starts of one run at once: one wins, the others exit 75 with a line" {
	ring one full 90 1
	for k in $(seq 20); do
		{ status=0; ring d full 90 1 2>err.$k || status=$?; echo $status >status.$k; } 3>&- &
	done
	wait
	[ "$(cat status.* | grep -cx 0)" -ge 1 ]     # a late one may find the run finished
	[ "$(cat status.* | grep -cxv -e 0 -e 75)" -eq 0 ]
	for k in $(seq 20); do
		[ "$(cat status.$k)" -eq 0 ] || [ "$(wc -l <err.$k)" -eq 1 ]
	done
	same one d
}

# bare EPISODES NAME SIGNAL: a ring without a launcher, as a shell makes it of a pipeline: one process
# group, all of which gets the signal once the log has begun ("none": no signal). Prints the statuses.
bare() {
	/usr/bin/python3 - "$@" <<-'PY' 2>>err 3>&-
	import os, signal, subprocess, sys, time
	episodes, name, sig = sys.argv[1:4]
	programs = [["mc-rollout", "-t", "navigation_N2_l2", "-e", episodes, "--hidden", "8", "-c", name + ".ckpt", "-l", name + ".log"],
	            ["mc-metalearn", "--rule-hidden", "4"],
	            ["mc-critic", "--batch", "64", "-D", name + ".replay", "--keep-replay"]]
	pipes = [os.pipe() for _ in programs]
	group, ring = 0, []
	for k, args in enumerate(programs):
	    join = lambda: (os.setpgid(0, group), signal.signal(signal.SIGINT, signal.SIG_DFL))
	    ring.append(subprocess.Popen(args, stdin=pipes[k - 1][0], stdout=pipes[k][1], preexec_fn=join))
	    group = group or ring[0].pid
	for end in sum(pipes, ()):
	    os.close(end)
	while sig != "none" and ring[0].poll() is None:
	    if os.path.exists(name + ".log") and os.path.getsize(name + ".log") > 8000:
	        os.killpg(group, getattr(signal, sig))
	        break
	    time.sleep(0.01)
	print(*[p.wait(300) for p in ring])
	PY
}

@test "a ring made by hand: Ctrl-C, TERM or HUP to all of it ends it with a checkpoint and 75" {
	for sig in SIGINT SIGTERM SIGHUP; do
		rm -f stopped.*
		[ "$(bare 1100 stopped $sig)" = "75 75 75" ]
		[ ! -s err ]
		mc-cat --verify stopped.ckpt
		episodes=$(mc-cat stopped.ckpt | jq .episode)
		[ "$episodes" -gt 0 ]
		[ "$episodes" -lt 1100 ]
	done
	[ "$(bare 1100 stopped none)" = "0 0 0" ]
	[ "$(bare 1100 whole none)" = "0 0 0" ]
	cmp whole.ckpt stopped.ckpt
	cmp whole.log stopped.log
	cmp whole.replay stopped.replay
}

@test "a ring made by hand: USR1 to all of it, and it goes on" {
	[ "$(bare 1100 noted SIGUSR1)" = "0 0 0" ]
	[ "$(mc-cat noted.ckpt | jq .episode)" -eq 1100 ]
}
