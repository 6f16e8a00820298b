# mc-eval(1), interventions: what the messages do, taken away, lost, exchanged.
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

metrics='[.return_mean,.return_se,.return_iqm,.return_iqm_ci,.requests_per_step,.edge_rate]'

@test "drop=0 is the untouched team, to the last bit, and says that nothing is lost" {
	ckpt a.ckpt random=3
	mc-eval --json -n 60 a.ckpt >own
	mc-eval --json -n 60 --comm drop=0 a.ckpt >drop
	[ "$(there jq -c "$metrics" own)" = "$(there jq -c "$metrics" drop)" ]
	[ "$(jq -c '[.drop,.difference,.difference_ci]' drop)" = '[0,0,[0,0]]' ]
	[ "$(there jq .bytes_per_step own)" = "$(there jq .bytes_per_step drop)" ]
	[ "$(jq 'has("difference")' own)" = false ]
}

@test "drop=1 acts as none, and so does a team that is mute; their requests were made" {
	ckpt a.ckpt random=3
	mc-eval --json -n 60 --comm none a.ckpt >none
	mc-eval --json -n 60 --comm drop=1 a.ckpt >drop
	mc-eval --json -n 60 --mute 0,1,2 a.ckpt >mute
	for f in drop mute; do
		[ "$(there jq -c '[.return_mean,.return_se,.difference,.difference_ci]' none)" = "$(there jq -c '[.return_mean,.return_se,.difference,.difference_ci]' $f)" ]
		jq -e '.requests_per_step > 1 and .messages_per_step == 0 and .bytes_per_step == 0' $f
	done
	jq -e '.requests_per_step == 0 and .difference != 0' none
}

@test "drop=P loses about as many" {
	ckpt a.ckpt bias=40
	mc-eval --json -n 400 --comm drop=0.25 a.ckpt |
		jq -e '.requests_per_step == 6 and (.messages_per_step - 4.5 | fabs) < 0.02 and .bytes_per_step == .messages_per_step * 48'
}

@test "the difference is that of the means, its interval is paired" {
	ckpt a.ckpt random=3
	mc-eval --json -n 200 a.ckpt >own
	mc-eval --json -n 200 --comm self a.ckpt >self
	jq -es '(.[1].untouched_return_mean == .[0].return_mean) and
		((.[1].difference - (.[1].return_mean - .[0].return_mean)) | fabs) < 1e-9 and
		.[1].message == "self" and
		.[1].difference_ci[0] <= .[1].difference and .[1].difference <= .[1].difference_ci[1] and
		.[1].difference_ci[1] - .[1].difference_ci[0] < .[1].return_se' own self
}

@test "what a message holds matters: shuffle, self and the truth are three things" {
	ckpt a.ckpt random=3
	for how in learned shuffle self; do
		mc-eval --json -n 20 --comm $how a.ckpt
	done >out
	[ "$(jq .return_mean out | sort -u | wc -l)" -eq 3 ]
	[ "$(jq -c .message out | tr '\n' ' ')" = 'null "shuffle" "self" ' ]
}

@test "a cut edge is one message less" {
	ckpt a.ckpt bias=40
	mc-eval --json -n 10 --cut 0,1 a.ckpt | jq -e '.cut == [[0,1]] and .messages_per_step == 5 and .requests_per_step == 6'
	mc-eval --json -n 10 --cut 0,1:2,1 a.ckpt | jq -e '.cut == [[0,1],[2,1]] and .messages_per_step == 4'
	mc-eval --json -n 10 --mute 1 --cut 2,0 a.ckpt | jq -e '.mute == [1] and .messages_per_step == 3'
}

@test "--max-edges leaves so many requests" {
	ckpt a.ckpt bias=40 task=push_N6
	mc-eval --json -n 10 --max-edges 2 a.ckpt | jq -e '.max_edges == 2 and .requests_per_step == 12 and .messages_per_step == 12'
	mc-eval --json -n 10 --max-edges 5 a.ckpt | jq -e '.requests_per_step == 30 and .difference == 0'
}

@test "several at once" {
	ckpt a.ckpt random=3
	mc-eval --json -n 10 --comm full,drop=0.5,shuffle --cut 0,1 --mute 2 a.ckpt |
		jq -e '.comm == "full" and .drop == 0.5 and .message == "shuffle" and .cut == [[0,1]] and .mute == [2] and .messages_per_step < 3'
}

@test "the table has the difference, and says what it is" {
	ckpt a.ckpt random=3
	ckpt n.ckpt method=none random=3
	mc-eval --wide -n 10 --comm none a.ckpt n.ckpt >out
	[[ "$(sed -n 1p out)" == *"  difference         95 % interval" ]]
	[[ "$(sed -n 2p out)" =~ \[[-0-9.]+,\ [-0-9.]+\]$ ]]
	[[ "$(sed -n 3p out)" =~ -\ +-$ ]]
	[ "$(sed -n 1,3p out | awk '{ print length }' | uniq | wc -l)" -eq 1 ]
	mc-eval -n 10 a.ckpt >plain
	[ "$(grep -c difference plain)" -eq 0 ]
}

@test "--influence: a number for each pair that a message came to, null for the others" {
	ckpt a.ckpt random=3
	mc-eval --json -n 20 --influence --cut 0,1 a.ckpt >out
	jq -e '.influence_action | length == 3 and all(.[]; length == 3)' out
	jq -e '[.influence_action,.influence_q][] | .[0][0] == null and .[1][1] == null and .[2][2] == null and .[0][1] == null' out
	jq -e '.influence_action[1][0] > 0 and .influence_action[0][2] > 0 and .influence_q[2][1] != null' out
	jq -e '.influence_messages_per_step[0][1] == 0' out
	jq -e '(([.influence_messages_per_step[][] | select(. != null)] | add) - .messages_per_step | fabs) < 1e-9' out
	mc-eval -n 20 --influence a.ckpt | grep -q '^    without  *0  *1  *2$'
}

@test "nets of zeros listen to nobody" {
	ckpt a.ckpt
	mc-eval --json -n 5 --influence a.ckpt | jq -e '[.influence_action,.influence_q][][][] | select(. != null) | . == 0' >out
	[ "$(sort -u out)" = true ]
	[ "$(wc -l <out)" -eq 12 ]
}

@test "the same bytes for any number of threads" {
	ckpt a.ckpt random=4 task=predator_prey_N6_l6 hidden=32
	mc-eval --json -n 60 --influence --comm drop=0.3,shuffle --max-edges 3 a.ckpt >one
	mc-eval --json -n 60 --influence --comm drop=0.3,shuffle --max-edges 3 --threads 3 a.ckpt >three
	cmp one three
}

@test "what cannot be" {
	ckpt two.ckpt task=push_N2
	ckpt a.ckpt
	ckpt f.ckpt method=full
	for args in "--comm shuffle two.ckpt" "--cut 0,3 a.ckpt" "--cut 1 a.ckpt" "--mute 3 a.ckpt" "--comm drop=1.5 a.ckpt" \
		"--comm none,drop=0.5 a.ckpt" "--comm shuffle,self a.ckpt" "--max-edges 0 a.ckpt" "--max-edges 1 f.ckpt" \
		"--max-edges 1 --comm full a.ckpt" "--advantages --mute 1 a.ckpt"; do
		run mc-eval $args
		[ "$status" -eq 64 ]
		[ "${#lines[@]}" -eq 1 ]
	done
	run mc-eval --comm shuffle two.ckpt
	[ "$output" = "mc-eval: --comm: shuffle needs three agents, this team has 2: there is no other to take a message from" ]
}
