# mc-eval(1): what it measures, and what it refuses.
load there

bats_require_minimum_version 1.5.0

setup() {
	T=$BATS_TEST_TMPDIR
	PATH=$MC_BIN:$PATH
	cd "$T"
}

ckpt() {
	"$BATS_TEST_DIRNAME/make-ckpt.py" "$@"
}

value() {
	jq -r ".$1"
}

# |$1 - $2| <= $3
near() {
	awk -v a="$1" -v b="$2" -v tol="$3" 'BEGIN { d = a - b; exit !(d <= tol && -d <= tol) }'
}

@test "nets of zeros stand still: the known returns of standing still" {
	for pair in push_N3:-57.880 navigation_N3_l3:-140.816 predator_prey_N6_l6:-18.032 push_N6:-57.636; do
		ckpt run.ckpt task=${pair%:*}
		near "$(mc-eval --json -n 400 run.ckpt | value return_mean)" "${pair#*:}" 0.0006
	done
}

@test "a header's optional numbers are those that an option could have given" {
	while read -r entry want; do
		ckpt bad.ckpt "header.$entry"
		run -65 mc-eval -n 1 bad.ckpt
		[[ "$output" == *"header: ${entry%=*} is ${entry#*=}, want $want" ]]
	done <<-'EOF'
		explore_carry=2 at least 0 and less than 1
		explore_carry=1 at least 0 and less than 1
		explore_carry=-0.5 at least 0 and less than 1
		edge_cost=-3 at least 0 and less than inf
		range=-1 at least 0 and less than inf
	EOF
	ckpt good.ckpt header.explore_carry=0.5 header.edge_cost=0 header.range=0
	mc-eval -n 1 good.ckpt
}

@test "the metrics, one JSON object a line, under stable names" {
	ckpt a.ckpt
	ckpt b.ckpt method=full seed=3 episode=90
	mc-eval --json -n 10 -s 5 a.ckpt b.ckpt >out
	[ "$(wc -l <out)" -eq 2 ]
	[ "$(head -n 1 out | jq -c '[.settings | .hidden, .gamma, .share, .method]')" = '[8,0.95,false,"meta"]' ]
	[ "$(head -n 1 out | jq -c keys_unsorted)" = '["file","task","method","seed","trained_episodes","eval_seed","episodes","comm","greedy","prey","return_mean","return_se","return_iqm","return_iqm_ci","score","requests_per_step","edge_rate","bytes_per_step","c_mean","entropy","saturated","c_pair","edge_rate_pair","settings"]' ]
	[ "$(head -n 1 out | jq -c '[.file,.task,.method,.seed,.trained_episodes,.eval_seed,.episodes,.comm,.greedy]')" = '["a.ckpt","push_N3","meta",7,400,5,10,"learned",false]' ]
	[ "$(tail -n 1 out | jq -c '[.file,.method,.seed,.trained_episodes,.comm]')" = '["b.ckpt","full",3,90,"full"]' ]
	jq -e '.return_iqm_ci[0] < .return_iqm and .return_iqm < .return_iqm_ci[1]' out
}

@test "JSON is JSON, whatever a task's program says of itself in the header" {
	ckpt a.ckpt 'header.environment={"build":"0042","about":"1.","sign":"-","half":".5","power":"1e","low":"-0.5e-3","zero":0}'
	mc-eval --json -n 2 a.ckpt >out
	/usr/bin/python3 -c 'import json, sys; json.loads(sys.stdin.read())' <out
	[ "$(jq -c '.settings | with_entries(select(.key | startswith("environment."))) | [.[]]' out)" = '["0042","1.","-",".5","1e",-0.0005,0]' ]
	mc-plot pareto out
}

@test "a score: 0 at the task's floor, 1 at its ceiling, against the prey that are there" {
	ckpt a.ckpt
	ckpt b.ckpt task=push_N2
	ckpt p.ckpt task=predator_prey_N6_l6
	# standing still in these 400 episodes, of the 4,000 of the floor -57.653 and the ceiling -38.597
	near "$(mc-eval --json -n 400 a.ckpt | value score)" "$(jq -n '(-57.8799 + 57.653) / (-38.597 + 57.653)')" 5e-5
	[ "$(mc-eval --json -n 2 b.ckpt | value score)" = null ]
	# another floor and ceiling
	mc-eval --json -n 400 p.ckpt | jq -e '(.score - (.return_mean + 18.144) / (132.425 + 18.144) | fabs) < 1e-12'
	mc-eval --json -n 400 --prey auto p.ckpt | jq -e '(.score - (.return_mean + 17.831) / (74.54 + 17.831) | fabs) < 1e-12'
	mc-eval --wide -n 400 a.ckpt b.ckpt >out
	sed -n 2p out | grep -q ' -0.01  '
	sed -n 3p out | awk '{ exit $11 != "-" }'
}

@test "mean, standard error and IQM are those of the episodes" {
	ckpt a.ckpt random=2
	for n in 1 2 3 4 5 6 7; do # the sum over n episodes less the sum over n - 1 is episode n's
		mc-eval --json -n $n a.ckpt
	done | jq -s '
		[.[] | .return_mean * .episodes] as $sum
		| [range(7) | $sum[.] - (if . > 0 then $sum[. - 1] else 0 end)] as $x
		| ($x | add / 7) as $mean
		| .[6]
		| (.return_mean - $mean | fabs) < 1e-9 and
		  (.return_se - (($x | map(. - $mean | . * .) | add) / 6 / 7 | sqrt) | fabs) < 1e-9 and
		  (.return_iqm - ($x | sort | .[1:6] | add / 5) | fabs) < 1e-9' >out
	[ "$(cat out)" = true ]
}

@test "where the right requests are known, how many of them are made and how many others" {
	ckpt right.ckpt task=reference_N3 right=1
	ckpt full.ckpt task=reference_N6 method=full
	ckpt none.ckpt task=reference_N3 method=none
	ckpt half.ckpt task=reference_N3_s1
	ckpt near.ckpt task=reference_N6 method=full range=0.7
	ckpt push.ckpt
	[ "$(mc-eval --json --greedy -n 20 right.ckpt | jq -c '[.requests_per_step,.precision,.recall]')" = "[3,1,1]" ]
	[ "$(mc-eval --json -n 20 full.ckpt | jq -c '[.requests_per_step,.precision,.recall]')" = "[30,0.2,1]" ]
	[ "$(mc-eval --json -n 20 none.ckpt | jq -c '[.precision,.recall]')" = "[null,0]" ]
	[ "$(mc-eval --json -n 20 near.ckpt | jq -c '.recall == 1 and .requests_per_step < 30 and .precision > 0.1 and .precision < 0.4')" = true ]
	mc-eval --json -n 200 half.ckpt | jq -e '(.precision - 0.5 | fabs) < 0.02 and (.recall - 0.5 | fabs) < 0.02'
	mc-eval --json -n 2 push.ckpt | jq -e 'has("precision") or has("recall") | not'
	# as a column, under a heading of their own
	mc-eval --wide --greedy -n 20 right.ckpt none.ckpt push.ckpt >out
	[ "$(grep -c '^checkpoint ' out)" -eq 2 ]
	grep -Eq '^right.ckpt .*  1.000   1.000$' out
	grep -Eq '^none.ckpt .*      -   0.000$' out
	[[ "$(head -n 1 out)" == *'  prec.  recall' ]]
	mc-eval --wide -n 2 push.ckpt >out
	run ! grep -q 'prec' out
}

@test "interventions on hidden goals: --cut, --mute, --influence and --max-edges apply" {
	ckpt right.ckpt task=reference_N3_s1 right=1
	[ "$(mc-eval --json --greedy -n 4 --cut 0,1 right.ckpt | jq -c '[.recall,.messages_per_step]')" = "[1,2]" ]
	[ "$(mc-eval --json --greedy -n 4 --mute 0,1 right.ckpt | jq -c '[.precision,.messages_per_step]')" = "[1,1]" ]
	[ "$(mc-eval --json --max-edges 1 -n 4 right.ckpt | jq -c '[.requests_per_step,.recall]')" = "[3,1]" ]
	[ "$(mc-eval --json --comm none -n 4 right.ckpt | jq -c '[.precision,.recall]')" = "[null,0]" ]
	[ "$(mc-eval --json --influence --greedy -n 4 right.ckpt | jq -c '.influence_messages_per_step')" = "[[null,1,0],[0,null,1],[1,0,null]]" ]
}

@test "full asks for every edge, none for no edge, and a message is an observation" {
	ckpt f.ckpt method=full task=push_N6
	[ "$(mc-eval --json -n 4 f.ckpt | jq -c '[.requests_per_step,.edge_rate,.bytes_per_step]')" = "[30,1,2160]" ]
	ckpt n.ckpt method=none
	[ "$(mc-eval --json -n 4 n.ckpt | jq -c '[.requests_per_step,.edge_rate,.bytes_per_step]')" = "[0,0,0]" ]
}

@test "learned decisions are drawn with the nets' probability" {
	ckpt half.ckpt
	near "$(mc-eval --json half.ckpt | value edge_rate)" 0.5 0.005
	ckpt more.ckpt bias=1
	near "$(mc-eval --json more.ckpt | value edge_rate)" 0.731 0.005
	ckpt all.ckpt bias=40
	[ "$(mc-eval --json all.ckpt | value edge_rate)" = 1 ]
}

@test "what the communication nets do: c, its entropy, saturation, pair by pair" {
	ckpt half.ckpt
	mc-eval --json -n 100 half.ckpt >out
	[ "$(jq -c '[.c_mean, .saturated, .c_pair]' out)" = '[0.5,0,[[null,0.5,0.5],[0.5,null,0.5],[0.5,0.5,null]]]' ]
	near "$(value entropy <out)" 0.6931472 1e-6
	jq -e '[.edge_rate_pair[][] | select(. != null)] | length == 6 and all(. > 0.45 and . < 0.55) and length > ([.[] | select(. == 0.5)] | length)' out
	jq -e '([.edge_rate_pair[][] | select(. != null)] | add / 6) - .edge_rate | fabs < 1e-9' out
	ckpt sure.ckpt bias=6
	mc-eval --json -n 20 sure.ckpt >out
	[ "$(value saturated <out)" = 1 ]
	near "$(value c_mean <out)" 0.9975274 1e-6
	near "$(value entropy <out)" 0.0173114 1e-6
	near "$(jq '.c_pair[2][1]' out)" 0.9975274 1e-6
	ckpt not.ckpt bias=4
	[ "$(mc-eval --json -n 5 not.ckpt | value saturated)" = 0 ]
}

@test "decisions that no net takes have no c, but pairs" {
	ckpt f.ckpt method=full
	[ "$(mc-eval --json -n 2 f.ckpt | jq -c '[.c_mean,.entropy,.saturated,.c_pair,.edge_rate_pair]')" = "[null,null,null,[[null,null,null],[null,null,null],[null,null,null]],[[null,1,1],[1,null,1],[1,1,null]]]" ]
	ckpt a.ckpt
	[ "$(mc-eval --json -n 2 --comm none a.ckpt | jq -c '[.c_mean,.edge_rate_pair]')" = "[null,[[null,0,0],[0,null,0],[0,0,null]]]" ]
}

@test "pairs that are never neighbours have neither" {
	ckpt far.ckpt range=0
	[ "$(mc-eval --json -n 2 far.ckpt | jq -c '[.c_mean,.c_pair[0],.edge_rate_pair[0]]')" = "[null,[null,null,null],[null,null,null]]" ]
}

@test "the table has c, entropy and saturation; --pairs who asks whom" {
	ckpt a.ckpt bias=6
	ckpt f.ckpt method=full
	mc-eval --wide -n 20 a.ckpt f.ckpt >out
	[ "$(sed -n 1p out | awk '{ print $(NF-2), $(NF-1), $NF }')" = "c entropy satur." ]
	[ "$(sed -n 2p out | awk '{ print $(NF-2), $(NF-1), $NF }')" = "0.998 0.017 1.000" ]
	[ "$(sed -n 3p out | awk '{ print $(NF-2), $(NF-1), $NF }')" = "- - -" ]
	mc-eval --wide -n 20 --pairs a.ckpt f.ckpt >out
	[ "$(sed -n 3p out | tr -s ' ')" = " edges 0 1 2 c 0 1 2" ]
	[[ "$(sed -n 5p out | tr -s ' ')" =~ ^\ 1\ (1.000|0.99[0-9])\ -\ (1.000|0.99[0-9])\ 1\ 0.998\ -\ 0.998$ ]]
	[ "$(sed -n 8p out | tr -s ' ')" = " edges 0 1 2" ]
	[ "$(sed -n 11p out | tr -s ' ')" = " 2 1.000 1.000 -" ]
}

@test "--greedy asks where the probability exceeds one half" {
	ckpt half.ckpt
	ckpt more.ckpt bias=0.01
	[ "$(mc-eval --json --greedy -n 5 half.ckpt | value edge_rate)" = 0 ]
	[ "$(mc-eval --json --greedy -n 5 more.ckpt | value edge_rate)" = 1 ]
	[ "$(mc-eval --json --greedy -n 5 more.ckpt | value greedy)" = true ]
}

@test "--comm overrides the run's decisions, and messages matter" {
	ckpt a.ckpt random=3
	mc-eval --json -n 20 a.ckpt >own
	mc-eval --json -n 20 --comm learned a.ckpt >learned
	mc-eval --json -n 20 --comm full a.ckpt >full
	mc-eval --json -n 20 --comm none a.ckpt >none
	cmp own learned
	[ "$(jq -c '[.comm,.edge_rate]' full)" = '["full",1]' ]
	[ "$(jq -c '[.comm,.edge_rate]' none)" = '["none",0]' ]
	full=$(there value return_mean <full)
	none=$(there value return_mean <none)
	[ "$full" != "$none" ]
}

@test "learned decisions need a comm net" {
	ckpt f.ckpt method=full
	run mc-eval --comm learned f.ckpt
	[ "$status" -eq 64 ]
	[ "$output" = "mc-eval: f.ckpt: this run has no comm net (method full); leave --comm out for the decisions that it was trained with" ]
}

@test "edges out of range are none, and without any there is no share" {
	ckpt far.ckpt range=100
	ckpt near.ckpt range=0.5 bias=40
	ckpt none.ckpt range=0
	[ "$(mc-eval --json -n 5 far.ckpt --comm full | value requests_per_step)" = 6 ]
	mc-eval --json -n 50 near.ckpt | jq -e '.edge_rate == 1 and .requests_per_step > 0 and .requests_per_step < 4'
	[ "$(mc-eval --json -n 5 none.ckpt | jq -c '[.edge_rate,.requests_per_step]')" = "[null,0]" ]
	mc-eval --wide -n 5 none.ckpt | sed -n 2p | grep -q '  -  *0.0  *-  *-  *-$'
}

@test "one agent has nobody to talk to" {
	ckpt one.ckpt task=push_N1 method=none
	run -0 mc-eval --json -n 1 one.ckpt
	[ "$(jq -c '[.edge_rate,.return_se]' <<<"$output")" = "[null,null]" ]
}

@test "the run's seed does not move the initial states, -s does" {
	ckpt a.ckpt seed=1
	ckpt b.ckpt seed=2
	[ "$(mc-eval --json -n 5 a.ckpt | value return_mean)" = "$(mc-eval --json -n 5 b.ckpt | value return_mean)" ]
	one=$(mc-eval --json -n 5 a.ckpt | there value return_mean)
	two=$(mc-eval --json -n 5 -s 2 a.ckpt | there value return_mean)
	[ "$one" != "$two" ]
}

@test "the same bytes for any number of threads" {
	ckpt a.ckpt random=4 task=predator_prey_N6_l6 hidden=32
	mc-eval --json -n 120 a.ckpt >one
	mc-eval --json -n 120 --threads 2 a.ckpt >two
	mc-eval --json -n 120 --threads 5 a.ckpt >five
	cmp one two
	cmp one five
}

@test "shared nets serve every agent" {
	ckpt a.ckpt share=1 bias=40
	[ "$(mc-eval --json -n 5 a.ckpt | value edge_rate)" = 1 ]
}

@test "a table: a row for each checkpoint, aligned, and what the columns mean" {
	ckpt a.ckpt
	ckpt a-longer-name.ckpt method=full
	mc-eval --wide -n 25 -s 3 a.ckpt a-longer-name.ckpt >out
	[ "$(sed -n 1p out | awk '{ print $1, $2, $3, $6, $8 }')" = "checkpoint task method return IQM" ]
	[ "$(sed -n 2p out | awk '{ print $1, $2, $3, $4, $5 }')" = "a.ckpt push_N3 meta 7 400" ]
	[ "$(sed -n 3p out | awk '{ print $1, $2, $3, $12, $13, $14 }')" = "a-longer-name.ckpt push_N3 full 6.00 1.000 288.0" ]
	[ "$(sed -n 1,3p out | awk '{ print length }' | uniq | wc -l)" -eq 1 ]
	grep -q '^Over episodes 0 to 24 of environment 0, seed 3, no exploration\.$' out
}

@test "standard input is a checkpoint too" {
	ckpt a.ckpt
	[ "$(mc-eval --json -n 5 - <a.ckpt | value file)" = - ]
	[ "$(mc-eval --json -n 5 - <a.ckpt | value return_mean)" = "$(mc-eval --json -n 5 a.ckpt | value return_mean)" ]
}

@test "a checkpoint that cannot be opened" {
	run mc-eval none.ckpt
	[ "$status" -eq 66 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == "mc-eval: none.ckpt: "* ]]
}

@test "what is not a checkpoint is refused, and said what it is" {
	"$BATS_TEST_DIRNAME/make-logs.py" a.log
	run mc-eval a.log
	[ "$status" -eq 65 ]
	[[ "$output" == "mc-eval: a.log:0: this is a stream that begins with a header, not a checkpoint"* ]]
	echo "hello, world" >text
	: >empty
	ckpt a.ckpt
	head -c 1000 a.ckpt >cut
	for f in text empty cut; do
		run mc-eval $f
		[ "$status" -eq 65 ]
		[ "${#lines[@]}" -eq 1 ]
		[[ "$output" == "mc-eval: $f:"* ]]
	done
}

@test "a damaged checkpoint is refused" {
	ckpt a.ckpt
	printf '\377' | dd of=a.ckpt bs=1 seek=3000 conv=notrunc 2>/dev/null
	run mc-eval a.ckpt
	[ "$status" -eq 65 ]
}

@test "a task that this build does not know, or knows otherwise" {
	ckpt a.ckpt task=juggling_N3
	run mc-eval a.ckpt
	[ "$status" -eq 64 ]
	[[ "$output" == 'mc-eval: a.ckpt: trained on "juggling_N3", which is not a built-in task; give its program'* ]]
	ckpt b.ckpt agents=4
	run mc-eval b.ckpt
	[ "$status" -eq 65 ]
	[[ "$output" == "mc-eval: b.ckpt: made for 4 agents"* ]]
}

@test "misuse" {
	ckpt a.ckpt
	for args in "-n 0 a.ckpt" "-n x a.ckpt" "--comm some a.ckpt" "--gredy a.ckpt" "--threads 0 a.ckpt" ""; do
		run mc-eval $args
		[ "$status" -eq 64 ]
		[ "${#lines[@]}" -eq 1 ]
	done
}

@test "rows before a failure stand" {
	ckpt a.ckpt
	run --separate-stderr mc-eval --json -n 5 a.ckpt none.ckpt
	[ "$status" -eq 66 ]
	[ "$(value file <<<"$output")" = a.ckpt ]
}

@test "a full disk is an I/O error" {
	ckpt a.ckpt
	run bash -c 'mc-eval -n 5 a.ckpt >/dev/full'
	[ "$status" -eq 74 ]
	[[ "$output" == "mc-eval: <stdout>: "* ]]
}

@test "a reader that leaves early is not an error message" {
	ckpt a.ckpt
	run bash -c 'mc-eval -n 5 a.ckpt a.ckpt a.ckpt | head -n 1'
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == "checkpoint "* ]]
}

@test "help and version" {
	mc-eval --help | grep -q '^usage: mc-eval '
	mc-eval -V | grep -q '^mc-eval '
}

@test "the man page's examples run" {
	page=$BATS_TEST_DIRNAME/../man/mc-eval.1
	mandoc -Tlint -W warning "$page"
	mkdir runs
	for s in 1 2; do
		ckpt runs/push_N3-meta-$s.ckpt seed=$s
		ckpt runs/push_N3-full-$s.ckpt seed=$s method=full
	done
	ckpt run.ckpt task=navigation_N3_l3 seed=1
	"$BATS_TEST_DIRNAME/make-logs.py" runs/push_N3-meta-1.log
	"$BATS_TEST_DIRNAME/make-logs.py" one.log
	"$BATS_TEST_DIRNAME/make-logs.py" other.log K=10
	sed -n 's/^\.Dl \$ //p' "$page" | sed 's/\\-/-/g; s/\\e/\\/g; s/\\(aq/'"'"'/g' >examples
	[ "$(wc -l <examples)" -ge 3 ]
	while read -r line; do
		bash -c "$line"
	done <examples
}

@test "one episode has no interval" {
	ckpt a.ckpt
	[ "$(mc-eval -n 1 --json --comm none a.ckpt | jq -c '[.return_se,.return_iqm_ci,.difference_ci]')" = '[null,[null,null],[null,null]]' ]
	mc-eval --wide -n 1 --comm none a.ckpt >out
	[ "$(sed -n 2p out | grep -o ' - ' | wc -l)" -ge 2 ]
	[ "$(grep -c '\[\|nan' out)" -eq 0 ]
	mc-eval -n 2 --json a.ckpt | jq -e '.return_iqm_ci[0] < .return_iqm_ci[1]'
}

@test "the table fits 80 columns; --wide, --tsv and --latex have all of them" {
	long=a-directory-of-a-name-as-long-as-some-are-in-the-fields
	mkdir $long
	ckpt a.ckpt
	ckpt $long/b.ckpt method=none task=predator_prey_N6_l6
	for o in '' '--comm drop=0.5'; do
		mc-eval -n 2 $o a.ckpt $long/b.ckpt >out
		[ "$(awk 'length > 80' out | wc -l)" -eq 0 ]
		[ "$(grep -c '^a.ckpt ' out)" -eq 1 ]
		[ "$(grep -c '^[.][.][.].*/b.ckpt ' out)" -eq 1 ]
		[ "$(sed -n 1,3p out | awk '{ print length }' | uniq | wc -l)" -eq 1 ]
	done
	mc-eval -n 2 --tsv a.ckpt $long/b.ckpt >out
	[ "$(wc -l <out)" -eq 3 ]
	[ "$(awk -F '\t' '{ print NF }' out | uniq)" -eq 16 ]
	[ "$(sed -n 3p out | cut -f 1,2,3)" = "$(printf '%s\tpredator_prey_N6_l6\tnone' $long/b.ckpt)" ]
	mc-eval -n 2 --latex a.ckpt $long/b.ckpt >out
	[ "$(sed -n 1p out)" = '\begin{tabular}{lllrrrrrrrrrrrrr}' ]
	grep -q '^a.ckpt & push\\_N3 & meta & 7 & 400 & .* \\\\$' out
	[ "$(tail -n 1 out)" = '\end{tabular}' ]
	mc-eval -n 2 --wide a.ckpt $long/b.ckpt | grep -q "^$long/b.ckpt "
	run -64 mc-eval --wide --tsv a.ckpt
	[ "$output" = "mc-eval: --tsv: a table has one form; leave the others out" ]
	run -64 mc-eval --latex --pairs a.ckpt
	run -64 mc-eval --aggregate --wide a.ckpt
}

@test "the legend comes on a terminal, once" {
	ckpt a.ckpt
	ckpt b.ckpt
	mc-eval -n 2 a.ckpt b.ckpt >out
	[ "$(grep -c '^Over episodes 0 to 1 ' out)" -eq 1 ]
	[ "$(wc -l <out)" -eq 5 ]
	script -qec 'mc-eval -n 2 a.ckpt b.ckpt' typescript </dev/null >shown
	[ "$(grep -c '^score: of the return' shown)" -eq 1 ]
	script -qec 'mc-eval -n 2 --comm none a.ckpt' typescript </dev/null >shown
	[ "$(grep -c 'paired-bootstrap' shown)" -eq 1 ]
}

@test "-n is --number, as in every program; --episodes is its old name" {
	ckpt a.ckpt random=1
	mc-eval --json -n 3 a.ckpt >want
	mc-eval --json --number 3 a.ckpt | cmp - want
	mc-eval --json --episodes 3 a.ckpt | cmp - want
	for program in mc-eval mc-plot mc-cat mc-envsim mc-rollout; do
		$program --help | grep -q '^ *-n, --number N '
	done
}
