# The update rule's forms, the wait of the communication nets, and teams whose policies are fixed.
load there
load programs

bats_require_minimum_version 1.5.0

# $1: directory, $2: episodes, $3: options of mc-metalearn, $4: task, $5: options of mc-critic
team() {
	MC_QUIET=1 "$train" -t "${4-reference_N3_s1}" -e "$2" -o "$1" -R '--hidden 8 -C 7 --explore 0.2' \
	    -M "-K 4 --rule-hidden 6 $3" -Q "--threads 1 --critic-gamma 0.95 ${5---batch 60 --keep-replay}"
}

entry() {
	mc-cat "$1/run.ckpt" | jq -c ".header.\"mc-metalearn\" | $2"
}

everything='--rule edge --rule-input advantage,normal --residual --warmup-comm 12 --eps-rule 1e-4'

@test "a run of the paper's rule states nothing of what goes beyond it" {
	team paper 10 ''
	[ "$(entry paper '[.rule, .rule_input, .residual, .warmup_comm, .eps_rule]')" = '[null,null,null,null,null]' ]
}

@test "the form of the rule stands in the header" {
	team edge 10 "$everything"
	[ "$(entry edge '[.rule, .rule_input, .residual, .warmup_comm, .eps_rule]')" = '["edge","advantage,normal",true,12,0.0001]' ]
	[ "$(mc-cat edge/run.ckpt | jq -c .params.rule.lstm.kernel_x.shape)" = '[8,24]' ]
	[ "$(mc-cat edge/run.ckpt | jq -c .params.rule.dense_1.kernel.shape)" = '[6,1]' ]
	team joint 10 '--rule-input I'
	[ "$(mc-cat joint/run.ckpt | jq -c .params.rule.lstm.kernel_x.shape)" = '[15,24]' ]
}

@test "stopped and continued: the same bytes" {
	for form in "$everything" '--rule-input I,normal' '--meta-batch 8 --warmup-comm 6' '--rule-input normal --rule-init reinforce' '--eta auto --rule-hidden 32 --freeze' '--freeze --residual --rule-input normal'; do
		rm -rf whole halves
		team whole 60 "$form"
		team halves 31 "$form"
		team halves 60 "$form"
		cmp whole/run.ckpt halves/run.ckpt
		cmp whole/run.log halves/run.log
	done
}

@test "a rule that begins as the return-to-go agrees with REINFORCE, a random one does not" {
	agreement() {
		mc-cat -t metric "$1/run.log" | jq -s '[.[] | select(.program == "mc-metalearn") | .values.agreement] | add / length'
	}
	for form in '' '--rule edge'; do
		rm -rf begun random
		team begun 100 "--rule-input normal --rule-init reinforce $form"
		team random 100 "--rule-input normal $form"
		[ "$(entry begun .rule_init)" = '"reinforce"' ]
		[ "$(jq -n "$(agreement begun) > 0.5")" = true ]
		[ "$(jq -n "$(agreement random) < 0.4")" = true ]
	done
	[ "$(entry random .rule_init)" = null ]
}

@test "J over more trajectories: in the header, with what it is taken over in the checkpoint" {
	team one 24 '--meta-batch 1'
	team plain 24 ''
	cmp one/run.ckpt plain/run.ckpt
	team three 24 '--meta-batch 3'
	[ "$(entry three .meta_batch)" = 3 ]
	[ "$(mc-cat three/run.ckpt | jq -c '.state."mc-metalearn" | [.past_n, .past_o.shape, .past_log_c.shape]')" = '[2,[2,26,3,15],[2,25]]' ]
	three=$(mc-cat --full three/run.ckpt | there jq -c .params.rule)
	one=$(mc-cat --full one/run.ckpt | there jq -c .params.rule)
	[ "$three" != "$one" ]
	# the first meta-iteration has no other trajectories yet: nothing differs
	team first 5 '--meta-batch 3'
	team alone 5 ''
	[ "$(mc-cat --full first/run.ckpt | there jq -c .params.rule)" = "$(mc-cat --full alone/run.ckpt | there jq -c .params.rule)" ]
}

@test "another form than the run has is refused" {
	team run 10 ''
	for form in '--rule edge' '--rule-input normal' '--residual' '--warmup-comm 3' '--eps-rule 1e-4' '--meta-batch 2'; do
		run -64 --separate-stderr team run 20 "$form"
		[[ "$stderr" == *"the run has "* ]]
	done
}

@test "the communication nets and the rule wait, and the baseline does not" {
	team before 0 '--warmup-comm 1000'
	team after 40 '--warmup-comm 1000'
	nets='[.params.comm, .params.rule, .params.baseline, .params.policy]'
	[ "$(jq -nc --argjson a "$(mc-cat --full before/run.ckpt | jq -c "$nets")" \
	    --argjson b "$(mc-cat --full after/run.ckpt | jq -c "$nets")" '[range(4) | $a[.] == $b[.]]')" = '[true,true,false,false]' ]
}

@test "the wait as a share is of the -e that the run began with" {
	team share 40 '--warmup-comm 50%'
	[ "$(entry share '[.warmup_comm, .warmup_share]')" = '[20,0.5]' ]
	[ "$(mc-cat share/run.ckpt | jq .header.planned)" = 40 ]
	team episodes 40 '--warmup-comm 20'
	[ "$(mc-cat episodes/run.ckpt | jq .header.planned)" = null ]
	nets='[.params, .state."mc-metalearn"]'
	[ "$(mc-cat --full share/run.ckpt | there jq -c "$nets")" = "$(mc-cat --full episodes/run.ckpt | there jq -c "$nets")" ]
	team share 60 '--warmup-comm 50%'
	[ "$(entry share .warmup_comm)" = 20 ]
	for bad in 101% -1 4.5 x '' 5%%; do
		run -64 mc-metalearn --warmup-comm "$bad" </dev/null
	done
}

@test "an edge rule that was learned by three agents serves six, a joint one does not" {
	team three 20 '--rule edge'
	team six 15 "--rule edge --eta $PWD/three/run.ckpt --freeze" reference_N6
	[ "$(mc-cat --full six/run.ckpt | there jq -c .params.rule)" = "$(mc-cat --full three/run.ckpt | there jq -c .params.rule)" ]
	team joint 20 ''
	run -64 --separate-stderr team sixth 15 "--eta $PWD/joint/run.ckpt --freeze" reference_N6
	[[ "$stderr" == "mc-metalearn: --eta: "*"has a rule of width 9"*"wants width 33"* ]]
	run -64 --separate-stderr team other 15 "--eta $PWD/three/run.ckpt --freeze"
	[[ "$stderr" == "mc-metalearn: --eta: "*"has a rule of another form; give --rule, --rule-input and --residual as that run had them" ]]
}

@test "a residual rule that says nothing: its advantages are REINFORCE's, in the rewards' units" {
	team silent 20 '--rule edge --rule-input normal --residual --scale-rule 0 --lr-rule 0'
	mc-rollout --load silent/run.ckpt -n 1 | mc-metalearn --analyse silent/run.ckpt | mc-cat --full -t advantage |
		jq -c '[.reinforce_raw, [.A_hat_raw[] | flatten]]' >advantages
	[ "$(jq '.[0] as $r | .[1] | [range(25) as $t | .[$t][] / $r[$t]] | (max - min) < 1e-4 and min > 0' advantages)" = true ]
}

@test "--eta auto: a rule that comes with the programs, for any number of agents" {
	team three 15 '--eta auto --rule-hidden 32 --freeze'
	team six 15 '--eta auto --rule-hidden 32 --freeze' reference_N6
	[ "$(entry three '[.eta, .rule, .rule_input, .rule_hidden, .eta_given]')" = '["auto","edge","normal",32,true]' ]
	[ "$(mc-cat --full three/run.ckpt | there jq -c .params.rule)" = "$(mc-cat --full six/run.ckpt | there jq -c .params.rule)" ]
	# it is not what the seed would have made, and it is learned further where it is not fixed
	team learned 15 '--eta auto --rule-hidden 32'
	[ "$(mc-cat --full learned/run.ckpt | jq '.params.rule.dense_1.kernel | flatten | map(. * .) | add > 0')" = true ]
	fixed=$(mc-cat --full three/run.ckpt | there jq -c .params.rule)
	learned=$(mc-cat --full learned/run.ckpt | there jq -c .params.rule)
	[ "$fixed" != "$learned" ]
	# as its page says, its advantages are nearly REINFORCE's
	mc-rollout --load six/run.ckpt -n 8 | mc-metalearn --analyse six/run.ckpt | mc-cat --full -t advantage |
		jq -s '[.[] | .reinforce_raw as $r | .A_hat_raw as $A | range(25) as $t | $A[$t] | flatten[] | [., $r[$t]]]
		    | (map(.[0]) | add / length) as $x | (map(.[1]) | add / length) as $y
		    | (map((.[0] - $x) * (.[1] - $y)) | add) / ((map(.[0] - $x | . * .) | add) * (map(.[1] - $y | . * .) | add) | sqrt)' >correlation
	[ "$(jq '. > 0.95' correlation)" = true ]
	run -64 --separate-stderr team again 15 '--eta auto'
	[[ "$stderr" == 'mc-metalearn: --eta: the rule of auto has its own form and width; leave --rule, '* ]]
	run -64 --separate-stderr mc-metalearn --eta auto --rule-input I </dev/null
	[[ "$stderr" == 'mc-metalearn: --eta: the rule of auto has its own form and width; leave --rule, '* ]]
	run -64 --separate-stderr team three 20 "--eta $PWD/six/run.ckpt --freeze --rule edge --rule-input normal --rule-hidden 32 --residual"
	[[ "$stderr" == *"the run has mc-metalearn.eta = auto, the options give none"* ]]
}

@test "the rule's form: what does not exist is refused" {
	try() {
		run -64 --separate-stderr mc-metalearn "$@" </dev/null
		[ "${#stderr_lines[@]}" -eq 1 ]
	}
	try --rule edgy
	[[ "$stderr" == 'mc-metalearn: --rule: unknown rule "edgy": joint or edge'* ]]
	try --rule-input I,c
	[[ "$stderr" == 'mc-metalearn: --rule-input: "I,c" is neither'* ]]
	try --rule edge --rule-input I
	[[ "$stderr" == *'an edge rule sees I anyway'* ]]
	try -m reinforce --residual
	[[ "$stderr" == 'mc-metalearn: --residual: reinforce has no learned rule'* ]]
	try -m reinforce --meta-batch 2
	[[ "$stderr" == 'mc-metalearn: --meta-batch: reinforce has no learned rule'* ]]
	try --freeze --meta-batch 2
	[[ "$stderr" == 'mc-metalearn: --meta-batch: a frozen rule is not learned'* ]]
	try --rule-init ones
	[[ "$stderr" == 'mc-metalearn: --rule-init: unknown beginning "ones": random or reinforce'* ]]
	try --rule-init reinforce
	[[ "$stderr" == 'mc-metalearn: --rule-init: the return less its mean is computed from rewards less theirs; give --rule-input normal as well' ]]
	try --rule-init reinforce --rule-input normal --residual
	[[ "$stderr" == 'mc-metalearn: --rule-init: a rule that is given'* ]]
	try --rule-init reinforce --rule-input normal --eta x.ckpt
	[[ "$stderr" == "mc-metalearn: --rule-init: with --eta the rule begins as that run's" ]]
	try --rule-init reinforce --rule-input normal --rule-hidden 1
	[[ "$stderr" == 'mc-metalearn: --rule-hidden: '*'at least 2 hidden units' ]]
	try -m reinforce --rule-init reinforce --rule-input normal
	[[ "$stderr" == 'mc-metalearn: --rule-init: reinforce has no learned rule'* ]]
	try -m reinforce --rule edge
	[[ "$stderr" == 'mc-metalearn: --rule: reinforce has no learned rule'* ]]
	try -m reinforce --rule-input I
	[[ "$stderr" == 'mc-metalearn: --rule-input: reinforce has no learned rule'* ]]
}

@test "what the rule does is in the log" {
	team run 60 '--rule-input I'
	values=$(mc-cat -t metric run/run.log | jq -c 'select(.program == "mc-metalearn")' | tail -n 1)
	[ "$(jq '.values | [.logit_step > 0, .common >= 0, .common <= 1, .agreement >= -1, .agreement <= 1, .meta_cosine >= -1,
	    .meta_cosine <= 1, .saturated_gradient >= 0] | all' <<<"$values")" = true ]
	[ "$(jq -c .logit_pair.shape <<<"$values")" = '[3,2]' ]
}

# ---- fixed policies ----

@test "--freeze-policy: policies and critic are another run's and stay, whom to ask is learned" {
	team taught 30 '-m reinforce'
	team fixed 50 '' reference_N3_s1 "--freeze-policy $PWD/taught/run.ckpt"
	nets='[.params.policy, .params.critic, .params.target.policy, .params.target.critic]'
	[ "$(mc-cat --full fixed/run.ckpt | there jq -c "$nets")" = "$(mc-cat --full taught/run.ckpt | there jq -c "$nets")" ]
	[ "$(mc-cat fixed/run.ckpt | jq -c '.header."mc-critic".freeze_policy')" = true ]
	team before 0 '' reference_N3_s1 "--freeze-policy $PWD/taught/run.ckpt"
	fixed=$(mc-cat --full fixed/run.ckpt | there jq -c .params.comm)
	before=$(mc-cat --full before/run.ckpt | there jq -c .params.comm)
	[ "$fixed" != "$before" ]
	[ ! -e fixed/run.replay ]
}

@test "--freeze-policy, stopped and continued: the same bytes" {
	team taught 20 '-m reinforce'
	team whole 50 '' reference_N3_s1 "--freeze-policy $PWD/taught/run.ckpt"
	team halves 24 '' reference_N3_s1 "--freeze-policy $PWD/taught/run.ckpt"
	team halves 50 '' reference_N3_s1 "--freeze-policy $PWD/taught/run.ckpt"
	cmp whole/run.ckpt halves/run.ckpt
	cmp whole/run.log halves/run.log
}

@test "--freeze-policy refuses nets that do not fit, and what cannot be learned then" {
	team taught 5 '-m reinforce'
	run -64 --separate-stderr team wrong 5 '' push_N3 "--freeze-policy $PWD/taught/run.ckpt"
	[[ "$stderr" == "mc-critic: --freeze-policy: "*"has nets for other agents or of other widths (reference_N3_s1)"* ]]
	run -66 --separate-stderr team gone 5 '' push_N3 "--freeze-policy $PWD/nowhere.ckpt"
	run -64 --separate-stderr mc-critic -m stgs --freeze-policy taught/run.ckpt </dev/null
	[[ "$stderr" == "mc-critic: -m: with --freeze-policy nothing is learned here"* ]]
}
