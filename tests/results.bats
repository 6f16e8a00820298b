# What metacomm-results(7) tells stands in logs that can be drawn again.
load programs

bats_require_minimum_version 1.5.0

setup() {
	programs
	rule=$BATS_TEST_DIRNAME/../examples/results/rule
	tables=$BATS_TEST_DIRNAME/../pipelines
}

# columns FILE NAME ...: of a table with tabs, the columns of these names, without its header.
columns() {
	awk -F '\t' -v OFS='\t' -v names="${*:2}" '
		NR == 1 { n = split(names, name, " "); for (i = 1; i <= NF; i++) at[$i] = i; next }
		{ for (i = 1; i <= n; i++) printf "%s%s", name[i] in at ? $at[name[i]] : "", i < n ? OFS : ORS }' "$1"
}

# with_seconds DIR COPY COLUMN: a copy of the runs in DIR; before COLUMN stands how long each run took, 60 s for the
# first, 120 s for the second, and so on; not known of the last.
with_seconds() {
	mkdir -p "$2"
	cp "$1"/*.jsonl "$2"
	awk -F '\t' -v OFS='\t' -v before="$3" '
		NR == 1 { for (i = 1; i <= NF; i++) { if ($i == before) at = i; if ($i == "seconds") had = i } }
		{ line[NR] = ""; for (i = 1; i <= NF; i++) {
			if (i == at) line[NR] = line[NR] OFS (NR == 1 ? "seconds" : "@")
			if (i != had) line[NR] = line[NR] OFS $i } }
		END { for (k = 1; k <= NR; k++) { sub(/@/, k < NR ? 60 * (k - 1) : "", line[k]); print substr(line[k], 2) } }' "$1/runs.tsv" >"$2/runs.tsv"
}

# sign_flip ONE OTHER: of two files of numbers, a pair in each line: the mean difference, and p, over all 2^n signs of the
# differences.
sign_flip() {
	paste "$1" "$2" | LC_ALL=C awk '{ d[NR] = $1 - $2; sum += d[NR] }
		END { for (k = 0; k < 2 ^ NR; k++) { t = 0; for (i = 1; i <= NR; i++) t += int(k / 2 ^ (i - 1)) % 2 ? d[i] : -d[i];
			if (t * t >= sum * sum - 1e-9) n++ } printf "%.2f %.3f\n", sum / NR, n / 2 ^ NR }'
}

# in_words FORMAT: the numbers of standard input, one in each line, as "1.0, 2.0 and 3.0".
in_words() {
	LC_ALL=C awk -v format="$1" '{ x[NR] = sprintf(format, $1) }
		END { for (i = 1; i <= NR; i++) printf "%s%s", x[i], i < NR - 1 ? ", " : i < NR ? " and " : "" }'
}

@test "the rule: every kind of runs has pictures of precision, recall and return" {
	"$rule/draw" out
	for kind in "$rule"/*/; do
		for series in precision recall return; do
			grep -q "</svg>" "out/rule-$(basename "$kind")-$series.svg"
		done
	done
	[ "$(ls out | wc -l)" -eq "$((3 * $(ls -d "$rule"/*/ | wc -l)))" ]
}

@test "the rule: the logs are those of complete runs of reference tasks" {
	mc-cat --verify "$rule"/*/*.log
	for log in "$rule"/*/*.log; do
		[[ "$(mc-cat -n 1 "$log" | jq -r .task)" == reference_N* ]]
		[ "$(mc-cat -n 1 "$log" | jq .seed)" = "$(basename "$log" .log | sed 's/.*-//')" ]
	done
}

@test "the rule: logs, commands and evaluations are of the same runs" {
	for runs in "$rule"/*/runs.tsv; do
		runs=${runs%/runs.tsv}
		for log in "$runs"/*.log; do
			mc-cat "$log" | jq -sc --arg run "$(basename "$log" .log)" '.[0] as $h | {$run, asked: " -t \($h.task) -m \($h.method) -s \($h.seed) -e ",
			    episodes: (map(select(.type == "episode").episodes) | add), "edge-cost": $h.edge_cost,
			    "meta-batch": $h["mc-metalearn"].meta_batch, "n-step": $h["mc-metalearn"].n_step, "warmup-comm": $h["mc-metalearn"].warmup_share}'
		done >logs
		jq -ne --slurpfile logs logs --rawfile runs "$runs/runs.tsv" --slurpfile evaluations "$runs/evaluations.jsonl" '
			($runs | split("\n") | map(select(. != "") | split("\t")) | (.[0] | index("command")) as $at
				| .[1:] | map({key: .[0], value: .[$at]}) | from_entries) as $command
			| ($evaluations | map({key: (.file | rtrimstr(".ckpt")), value: .trained_episodes}) | from_entries) as $trained
			| ($logs | map(.run) | sort) == ($command | keys) and ($trained | keys) == ($command | keys)
			and all($logs[]; . as $log | $command[.run] as $text
				| ($text | contains($log.asked)) and $trained[.run] == .episodes
				and all("edge-cost", "meta-batch", "n-step"; . as $option
					| [$text | capture("--\($option) (?<value>[0-9.]+)").value | tonumber] | . == [] or . == [$log[$option]])
				and ([$text | capture("--warmup-comm (?<value>[0-9]+)%").value | tonumber / 100] == [$log["warmup-comm"] | select(.)]))'
	done
}

@test "the rule: the page tells the means of these evaluations" {
	"$rule/means" >means
	[ "$(cut -f 1 means | sort -u | wc -l)" -eq "$(ls "$rule"/*/evaluations.jsonl | wc -l)" ]
	page=$rule/../../../man/metacomm-results.7
	while IFS="	" read -r kind name seeds return requests precision recall; do
		echo "$kind $name"
		grep -qE "[^ ] +$seeds +$return +$requests +$precision +$recall\$" "$page"
	done <means
	# rules that were carried over: precision and recall on each of three tasks
	jq -rs 'group_by(.rule)[] | [.[0].rule] + (group_by(.task)
	    | map([length, (map(.precision) | add / length), (map(.recall) | add / length)]) | flatten) | @tsv' \
		"$rule/carried.jsonl" >carried
	[ "$(wc -l <carried)" -eq 6 ]
	# group_by sorts: reference_N3 comes before _s1 and _s2, and behind them on the page
	while IFS="	" read -r name n p r _ p1 r1 _ p2 r2; do
		want=$(printf '%-14s%9.2f%7.2f%9.2f%7.2f%9.2f%7.2f%5d' "$name" "$p1" "$r1" "$p2" "$r2" "$p" "$r" "$n" | tr -s ' ')
		tr -s ' ' <"$page" | grep -qxF -- "$want"
	done <carried
	# one of them, worked out in another way
	want=$(jq -r 'select(.file | startswith("M16-")).return_mean' "$rule/trajectories/evaluations.jsonl" | datamash -R 2 mean 1)
	[ "$(awk -F '\t' '$1 == "trajectories" && $2 == "M16" { print $4 }' means)" = "$want" ]
}

@test "the rule: the page tells which rules are told apart, and how surely" {
	MC_BIN=$MC_BIN "$rule/pairs" >pairs
	[ "$(grep -c '^free' pairs)" -eq 8 ]
	[ "$(grep -c '^priced' pairs)" -eq 8 ]
	[ "$(grep -c '^six' pairs)" -eq 4 ]
	[ "$(grep -c '^paper' pairs)" -eq 11 ]
	[ "$(grep -c '^sighted' pairs)" -eq 7 ]
	cut -f 1,6-8 pairs | tr '\t' ' ' >told
	awk '/^price  rules |^rule +which two /, /^.Ed/' "$rule/../../../man/metacomm-results.7" |
		sed -En 's/^(free|priced|six|paper|sighted) .* ([0-9.]+) +(-|\[.*\]) +([0-9.]+)$/\1 \2 \3 \4/p' | sort | diff <(sort told) -
	# one of them worked out in another way: all 2^8 signs of the paired differences
	for name in reinforce return-slow; do
		mc-eval --aggregate --json "$rule/price/$name"-[1-8].log | jq 'select(.seeds == [range(1; 9)]).final[]' >$name
	done
	sign_flip return-slow reinforce | cut -d ' ' -f 2 >p
	awk -F '\t' '$1 == "priced" && $5 == "return-slow - reinforce" { print $8 }' pairs | diff p -
}

# net KIND NAME SEEDS PRICE PAIRS: what requests cost is taken off the final returns of these runs, one in each line.
net() {
	for seed in $3; do
		mc-cat -t episode "$rule/$1/$2-$seed.log" | jq -s --argjson price "$4" --argjson pairs "$5" '
			(map(.episodes) | add) as $all | reduce .[-range(1; length + 1)] as $part ({n: 0}; if .n >= $all / 10 then . else
				.n += $part.episodes | .return += $part.return * $part.episodes
				| .requests += $part.requests | .steps += $part.steps end)
			| .return / .n - 25 * $price * .requests / .steps / $pairs'
	done
}

@test "the rule: the page tells which rules are told apart when requests are paid for" {
	for name in return-fixed reinforce reinforce-monte-carlo-eps silent-monte-carlo; do
		net price $name '1 2 3 4 5 6 7 8' 0.12 6 >$name
	done
	for two in 'return-fixed reinforce' 'return-fixed reinforce-monte-carlo-eps' 'return-fixed silent-monte-carlo' \
		'reinforce-monte-carlo-eps reinforce'; do
		# shellcheck disable=SC2086  # two names
		echo "priced $(sign_flip $two)"
	done >told
	for name in auto silent return reinforce; do
		net six $name '2 3 4 5 6 7 8 9' 0.24 30 >$name
	done
	for two in 'auto reinforce' 'auto silent' 'return reinforce' 'return auto'; do
		# shellcheck disable=SC2086  # two names
		echo "six $(sign_flip $two)"
	done >>told
	awk '/^net +rules/, /^.Ed/' "$rule/../../../man/metacomm-results.7" |
		sed -En 's/^(priced|six) .* ([0-9.]+) +([0-9.]+)$/\1 \2 \3/p' | diff told -
}

# metric KIND NAME WHICH FORMAT: of these runs, the mean over seeds of the mean over training.
metric() {
	for log in "$rule/$1/$2"-[0-9]*.log; do
		mc-cat -w program==mc-metalearn "$log" | jq -s --arg which "$3" '[.[].values[$which] | values] | add / length'
	done | LC_ALL=C awk -v format="$4" '{ sum += $1 } END { printf format, sum / NR }'
}

@test "the rule: the page tells what the logs say of it" {
	tr '\n' ' ' <"$rule/../../../man/metacomm-results.7" | sed 's/\\(mi/-/g' >page
	grep -qF "correlation with G - V is $(metric ablations meta agreement %.2f), and its pairs have $(metric ablations meta common %.2f |
		sed 's/0\.//') % of" page
	grep -qF "$(metric ablations meta logit_step %.2f) in logits, against $(metric trajectories reinforce logit_step %.2f)" page
	grep -qF "a correlation of $(metric trajectories M1 agreement %.2f), $(metric trajectories M1 common %.2f | sed 's/0\.//') % in common" page
	grep -qF "cosine is $(metric trajectories M1 meta_cosine %.2f), $(metric trajectories M4 meta_cosine %.2f) and $(
		metric trajectories M16 meta_cosine %.2f) with" page
}

@test "the topologies: every team that learns whom to ask was evaluated both ways" {
	for kind in learn price; do
		columns "$rule/../$kind/runs.tsv" run | grep -E -- '-(reinforce|stgs|meta)-' | sed 's/$/.ckpt/' | sort >asks
		jq -r 'select(.greedy and .episodes == 1000).file' "$rule/../$kind/greedy.jsonl" | sort | diff asks -
	done
	# how many found the right one, worked out in another way
	want=$(jq -r 'select(.file | test("^reference_N3_s1-reinforce-[0-9]+-cost.ckpt$")) | select(.precision >= 0.95 and .recall >= 0.95).seed' \
		"$rule/../learn/evaluations.jsonl" | wc -l)
	"$tables/table-topologies" "$rule/../learn" | grep -F "| reference_N3_s1 | reinforce | \`-p tuned -R '--edge-cost 0.12'\` |" |
		grep -q "^|[^|]*|[^|]*|[^|]*| 5 | $want | - | 0.00 |"
}

@test "figure 2: no verdict that the data do not give, and what the page says of it" {
	"$rule/../figure2" --json >cells
	# a cell worked out in another way
	want=$(mc-eval --aggregate --json "$rule"/../learn/push_N3-full-[0-9].log | jq '.final[]?' | LC_ALL=C datamash -R 1 mean 1)
	grep -qE "^push_N3 .* $want \(" "$rule/../../../man/metacomm-results.7"
	grep -q "makes $(grep -c '^[a-z_]*_N.*|' "$BATS_TEST_DIRNAME/../pipelines/fig2.claims") claims" "$rule/../../../man/metacomm-results.7"
	jq -se 'map(select(.verdict)) | length > 0 and all(.verdict == "cannot tell")' cells
	# what is said of tasks in words: full the highest, and in two of them means closer together than the seeds of any method
	jq -se 'map(select(.seeds)) | group_by(.task) | map(select(length == 5)) | length == 3 and all(.[]; max_by(.mean).method == "full")
		and all(.[] | select(.[0].task | IN("push_N3", "navigation_N3_l3"));
			(map(.mean) | max - min) < (map(.final | max - min) | min))' cells
	jq -se 'map(select(.seeds and .task == "predator_prey_N3_l3")) | sort_by(-.mean) | .[0].mean - .[1].mean | . > 1.5 and . < 2.5' cells
}

@test "make results: every kind of runs has its picture and table, of the data that are there" {
	"$rule/../draw" out
	for kind in learn horizon price reference; do
		grep -q "</svg>" out/$kind.svg
		for log in "$rule/../$kind"/*.log; do
			grep -qE "^\| $(mc-cat -n 1 "$log" | jq -r .task) +\| $(mc-cat -n 1 "$log" | jq -r .method) " out/$kind.md
		done
	done
	grep -q "</svg>" out/who-asks-whom.svg
	[ "$(head -n 1 out/time.md | tr -dc '|' | wc -c)" -eq 9 ]
	grep -qE '^\| reference_N3_s1 \| reinforce \|' out/topology.md
	grep -qE '^\| reference_N6_s1 \| meta \|' out/topology-price.md
}

@test "the tables: columns of runs.tsv by their names, wherever they stand" {
	for kind in learn price; do
		for before in machine command; do
			with_seconds "$rule/../$kind" moved $before
			[[ "$(head -n 1 moved/runs.tsv)" == *"	seconds	$before"* ]]
			for table in teams topologies; do
				"$tables/table-$table" "$rule/../$kind" >want
				[ "$(wc -l <want)" -gt 3 ]
				"$tables/table-$table" moved | diff want -
			done
		done
	done
}

@test "the tables: runs that were given other rules are not seeds of one another" {
	mkdir given
	cp "$rule/../learn/"*.jsonl given
	sed '/N3_s1-meta-[12]-cost-carried-long/s/-s \([12]\)\(.*\)-p carried\(.*\)--n-step 25/-s \1\2-p tuned\3--n-step 25 --eta a\/\1\/run.ckpt --freeze/
		/N3_s1-meta-3-cost-carried-long/s/-p carried\(.*\)--n-step 25/-p tuned\1--n-step 25 --eta=b.ckpt --freeze/' "$rule/../learn/runs.tsv" >given/runs.tsv
	[ "$(grep -c 'tuned.*--eta' given/runs.tsv)" -eq 3 ]
	"$tables/table-teams" "$rule/../learn" >want
	"$tables/table-teams" given >table
	[ "$(wc -l <table)" -eq "$(($(wc -l <want) + 2))" ]
	grep '^| reference_N3_s1 | meta | ' table >rows
	grep -qF -- '--eta a/1/run.ckpt --freeze'"'"'` | 2 | ' rows
	grep -qF -- '--eta=b.ckpt --freeze'"'"'` | 1 | ' rows
	grep -F -- '-p carried' rows | grep -qF '` | 2 | '
}

# The line of table-time for a task, a method and a part of the options, worked out with datamash; runs.tsv of DIR has
# the seconds, and all of these runs have as many episodes.
time_of() { # DIR TASK METHOD OPTIONS
	columns "$1/runs.tsv" command seconds | grep -F -- "-t $2 -m $3 " | grep -F -- "$4" | cut -f 2 | grep . |
		datamash count 1 median 1 min 1 max 1 | LC_ALL=C awk '{ printf "%d | 50000 | %.1f | %.1f, %.1f | %.1f\n", $1, $2 / 60, $3 / 60, $4 / 60, 50000 / $2 }'
}

@test "the tables: the time that runs took, where it is known" {
	with_seconds "$rule/../learn" learn command
	"$tables/table-time" learn >table
	for which in 'push_N3|none|-p tuned' 'reference_N6_s1|reinforce|--edge-cost 0.24' 'reference_N6_s1|meta|carried'; do
		IFS='|' read -r task method options <<<"$which"
		want=$(time_of learn "$task" "$method" "$options")
		echo "$which: $want"
		[[ "$want" == [23]\ * ]]
		grep -F "| $task | $method | " table | grep -qF " | $want |"
	done
	# that of the last one is not known, and those of one task and method are in other lines
	[ "$(awk -F ' *[|] *' 'NR > 2 { n += $5 } END { print n }' table)" -eq "$(($(columns learn/runs.tsv run | wc -l) - 1))" ]
	# nothing is known: no line
	awk -F '\t' -v OFS='\t' 'NR > 1 { $4 = "" } 1' learn/runs.tsv >none
	mv none learn/runs.tsv
	[ "$(columns learn/runs.tsv seconds | grep -c .)" -eq 0 ]
	[ "$("$tables/table-time" learn | wc -l)" -eq 2 ]
}

@test "make results: the time of the published runs" {
	for kind in learn price; do
		[ "$(columns "$rule/../$kind/runs.tsv" seconds | grep -c '[0-9]')" -gt 0 ]
		"$tables/table-time" "$rule/../$kind" >table
		[ "$(awk -F ' *[|] *' 'NR > 2 { n += $5 } END { print n + 0 }' table)" -eq "$(columns "$rule/../$kind/runs.tsv" seconds | grep -c '[0-9]')" ]
	done
	want=$(time_of "$rule/../learn" push_N3 none '-p tuned')
	grep -F '| push_N3 | none | ' <("$tables/table-time" "$rule/../learn") | grep -qF " | $want |"
}

@test "the tables: what is not there, and what cannot be read" {
	for table in teams topologies worth time; do
		run -64 "$tables/table-$table"
		[ "$output" = "usage: table-$table DIR" ]
		run -66 "$tables/table-$table" nowhere
		[ "$output" = "table-$table: nowhere/runs.tsv: cannot open it" ]
		mkdir -p bad
		cp "$rule/../learn/"*.jsonl bad
		head -n 5 "$rule/../learn/runs.tsv" >bad/runs.tsv
		run -65 "$tables/table-$table" bad
		[[ "$output" == "table-$table: bad: jq: error "*".ckpt is not in runs.tsv" ]]
		cp "$rule/../learn/runs.tsv" bad
		for file in bad/*.jsonl; do
			echo '{"file":' >>"$file"
		done
		run -65 "$tables/table-$table" bad
		[ "${#lines[@]}" -eq 1 ]
		[[ "$output" == "table-$table: bad: jq: error "* ]]
	done
	run -74 bash -c "'$tables/table-teams' '$rule/../learn' >/dev/full"
	[ "$output" = 'table-teams: cannot write the table' ]
	mkdir path
	ln -s "$(command -v dirname)" "$(command -v sh)" path
	PATH=$PWD/path run -69 "$tables/table-teams" "$rule/../learn"
	[ "$output" = 'table-teams: jq is not in PATH; install the package jq' ]
}

@test "the runs of full length: logs, commands and evaluations are of the same runs" {
	for kind in learn horizon price; do
		runs=$rule/../$kind
		columns "$runs/runs.tsv" run | sort >named
		(cd "$runs" && ls -- *.log) | sed 's/\.log$//' | sort | diff named -
		jq -r '.file | rtrimstr(".ckpt")' "$runs/evaluations.jsonl" | sort | diff named -
		while IFS="	" read -r run command; do
			header=$(mc-cat -n 1 "$runs/$run.log")
			[[ "$command " == *"-t $(jq -r .task <<<"$header") -m $(jq -r .method <<<"$header") -s $(jq .seed <<<"$header") -e $(jq .planned <<<"$header") "* ]]
			evaluation=$(jq -c --arg file "$run.ckpt" 'select(.file == $file)' "$runs/evaluations.jsonl")
			[ "$(jq .trained_episodes <<<"$evaluation")" -eq "$(mc-cat -t episode "$runs/$run.log" | jq .episodes | datamash sum 1)" ]
			[ "$(jq .episodes <<<"$evaluation")" -eq 1000 ]
		done < <(columns "$runs/runs.tsv" run command)
	done
}

@test "what messages are worth: for every team that talks, on the same 1,000 episodes as its evaluation" {
	runs=$rule/../learn
	jq -r 'select(.requests_per_step > 0).file' "$runs/evaluations.jsonl" | sort >talk
	for how in '.comm == "none"' '.drop == 0.5'; do
		jq -r "select($how).file" "$runs/interventions.jsonl" | sort | diff talk -
	done
	jq -s 'map({key: .file, value: .return_mean}) | from_entries' "$runs/evaluations.jsonl" >whole
	jq -se --slurpfile whole whole 'all(.[]; .episodes == 1000 and .untouched_return_mean == $whole[0][.file])' "$runs/interventions.jsonl"
	# the means over seeds, worked out in another way
	"$tables/table-worth" "$runs" >table
	want=$(jq -r 'select(.task == "reference_N3_s1" and .method == "full" and .comm == "none").difference' "$runs/interventions.jsonl" |
		datamash -R 1 mean 1)
	grep -q "^| reference_N3_s1 | full | .* | $want | " table
	# in a team that always asks, all pairs count alike
	want=$(jq -r 'select(.task == "reference_N3_s1" and .method == "full") | [.influence_action[][] | values] | add / length' "$runs/evaluations.jsonl" |
		datamash -R 2 mean 1)
	grep -q "^| reference_N3_s1 | full | .* | $want | -[0-9.]* |$" table
	# in the others, as often as their messages came
	want=$(jq -r 'select(.file == "reference_N3_s1-meta-1-cost.ckpt") | [.influence_messages_per_step, .influence_q] | map(add | map(values)) |
		[.[0], .[1]] | transpose[] | @tsv' "$runs/evaluations.jsonl" | LC_ALL=C awk '{ m += $1; q += $1 * $2 } END { printf "%.3f", q / m }')
	grep -F "| reference_N3_s1 | meta | \`-p tuned -R '--edge-cost 0.12'\` | 1 | " table | grep -q " | $want |$"
}

@test "the README's overview of finished teams: a cell worked out in another way, of the preset's own runs alone" {
	[ "$("$rule/../tuned" | grep -c 'cost\|carried\|sighted\|silent')" -eq 0 ]
	mean=$(jq -r 'select(.file | test("^push_N3-none-[0-9]*.ckpt$")).return_mean' "$rule/../learn/evaluations.jsonl" | datamash -R 1 mean 1)
	count=$("$rule/../tuned" | grep -c push_N3-none-)
	"$rule/../overview" | grep -q "^| push_N3 | -57.7 | $mean ($count) |.* | -38.6 |\$"
}

@test "what README and the page say of finished teams in words is so" {
	tr '\n' ' ' <"$BATS_TEST_DIRNAME/../README.md" >readme
	tr '\n' ' ' <"$rule/../../../man/metacomm-results.7" | sed 's/\\(mi/-/g' >page
	"$rule/../figure2" --json | jq -s 'map(select(.seeds)) | length' >cells
	grep -qF " $(cat cells) of the 40 cells" readme
	# where nobody sees everything: how much more than none, seed by seed
	gains() {
		jq -rs --arg method "$1" 'map(select(.task == "navigation_N6_l6_v100" and (.method | IN($method, "none")))) | group_by(.seed)[]
			| select(length == 2) | map({key: .method, value: .return_mean}) | from_entries | .[$method] - .none' \
			"$rule/../learn/evaluations.jsonl" | in_words %.1f
	}
	grep -qF "(by $(gains full))" readme
	grep -qF "by $(gains full), seed by seed" page
	grep -qF "come to make all 30, and return $(gains stgs) more" page
	jq -se 'map(select(.task == "navigation_N6_l6_v100" and .method == "stgs")) | all(.requests_per_step > 29.9)' "$rule/../learn/evaluations.jsonl"
	for file in readme page; do
		grep -qF "REINFORCE return $(gains reinforce) more" $file
		grep -qF "the paper's rule $(gains meta)" $file
	done
	requests() {
		jq -rs --arg method "$1" 'map(select(.task == "navigation_N6_l6_v100" and .method == $method).requests_per_step) | "\(min | round) to \(max | round)"' \
			"$rule/../learn/evaluations.jsonl"
	}
	jq -rs 'map(select(.task == "navigation_N6_l6_v100" and .comm == "learned" and .method != "stgs")
		| .edge_rate_pair | map(map(values)) | transpose | map(max - min) | max) | max * 100 | round' "$rule/../learn/evaluations.jsonl" >spread
	grep -qF "within $(cat spread) percentage points" page
	grep -qF "They make $(requests reinforce) and $(requests meta) of the 30 requests" page
	# the best method of each task
	"$rule/../tuned" | sed 's/.*\///; s/log$/ckpt/' | jq -Rs 'split("\n")' >tuned
	jq -rs --slurpfile tuned tuned 'map(select(.file | IN($tuned[0][]))) | group_by(.task) | map(group_by(.method)
		| map(map(.score) | add / length) | max) | min, max' "$rule/../learn/evaluations.jsonl" | LC_ALL=C xargs printf 'scores %.1f to %.1f in the mean' >best
	grep -qF "$(cat best)" page
	# the five methods: means closer together than the seeds of any of them
	alike='(.task | IN("push_N3", "navigation_N3_l3", "predator_prey_N3_l3"))'
	jq -se --slurpfile tuned tuned "map(select((.file | IN(\$tuned[0][])) and $alike))"'
		| group_by(.task) | length == 3 and all(.[]; group_by(.method) | map(map(.return_mean)) | length == 5
			and (map(add / length) | max - min) < (map(max - min) | min))' "$rule/../learn/evaluations.jsonl"
	# how much teams that learned whom to ask lose there without messages, and those that always ask
	jq -rs "map(select(.comm == \"none\" and $alike and (.method | IN(\"reinforce\", \"meta\"))))"' | sort_by(.difference)
		| [-.[1].difference, -.[0].difference, .[0].file] | @tsv' "$rule/../learn/interventions.jsonl" >lost
	LC_ALL=C awk '{ printf "lose at most %.1f", $1 }' lost >lose
	LC_ALL=C awk '{ printf "one that came to ask in every step (%.1f)", $2 }' lost >most
	[ "$(jq --arg file "$(cut -f 3 lost)" 'select(.file == $file).requests_per_step' "$rule/../learn/evaluations.jsonl")" = 6 ]
	grep -qF "$(cat lose) without messages, except $(cat most)" readme
	grep -qF "$(cat lose), but for $(cat most)" page
	jq -se 'map(select(.comm == "none" and (.task | IN("push_N3", "navigation_N3_l3")) and (.method | IN("full", "stgs"))).difference)
		| length >= 6 and max < -13' "$rule/../learn/interventions.jsonl"
	# the paper's rule, seed by seed, and what requests cost among thirty pairs
	jq -rs 'map(select(.file | test("^reference_N3_s1-meta-[0-9]+.ckpt"))) | sort_by(.seed)[].return_mean' "$rule/../learn/evaluations.jsonl" |
		in_words %.1f >paper
	grep -qF "return $(cat paper), and make three to six" page
	jq -rs 'map(select(.file | test("^reference_N3_s1-reinforce-[0-9].ckpt"))) | map(.return_mean * 10 | round / 10) | unique | map(tostring) | join(" ")' \
		"$rule/../learn/evaluations.jsonl" >level
	grep -qF "All five of REINFORCE return $(cat level), and two of them" page
	# ahead TASK: of REINFORCE, against the paper's rule
	ahead() {
		for name in reinforce meta; do
			mc-eval --aggregate --json "$rule/../learn/$1-$name"-[0-9].log | jq '.final[]?' >$name
		done
		sign_flip reinforce meta
	}
	read -r ahead p <<<"$(ahead reference_N3_s1)"
	tr -s ' ' <page | grep -qF "is ahead by $ahead in the mean over these five pairs of runs .Pq p = $p, the least"
	# where the agent that knows changes
	read -r ahead p <<<"$(ahead reference_N3)"
	tr -s ' ' <page | grep -qF "from episode to episode, it is ahead by $ahead .Pq p = $p"
	# changing METHOD FILTER: of each team, in the order of seeds
	changing() {
		jq -rs --arg method "$1" 'map(select(.task == "reference_N3" and .method == $method)) | sort_by(.seed)[] | '"$2" \
			"$rule/../learn/evaluations.jsonl"
	}
	changing reinforce .return_mean >one
	changing full .return_mean >other
	jq -se 'map(select(.task == "reference_N3" and .method == "reinforce")) | length >= 3 and all(.recall > 0.995)' "$rule/../learn/evaluations.jsonl"
	grep -qF "precision $(changing reinforce .precision | in_words %.2f), and its teams return $(paste one other | awk '{ print $1 - $2 }' | in_words %.2f) more than those that always" page
	grep -qF "everybody (by $(paste one other | awk '{ print $1 - $2 }' | datamash -R 2 min 1 max 1 | sed 's/\t/ to /') in five pairs" readme
	[ "$(wc -l <one)" -eq 5 ]
	tr -s ' ' <page | grep -qF "seed by seed .Pq p = $(sign_flip one other | cut -d ' ' -f 2), the least that five"
	jq -se 'map(select(.task == "reference_N3" and .method == "meta")) | length >= 3 and all(.precision <= 0.5)' "$rule/../learn/evaluations.jsonl"
	grep -qF "make $(changing meta .requests_per_step | in_words %.1f) of the six requests, and return $(changing meta .return_mean | in_words %.1f)." page
	jq -rs --slurpfile tuned tuned 'map(select((.file | IN($tuned[0][])) and (.task | IN("reference_N3", "reference_N3_s1")) and .comm != "none").return_mean)
		| max, min' "$rule/../learn/evaluations.jsonl" | LC_ALL=C xargs printf 'teams that communicate return %.1f to %.1f, those' >returns
	grep -qF "$(cat returns)" page
	jq -se 'map(select(.file | test("^reference_N3(_s1)?-meta-[0-9]+(-cost)?.ckpt"))) | if any(.precision >= 0.95 and .recall >= 0.95) then error else length end' \
		"$rule/../learn/evaluations.jsonl" >none
	grep -qF "the right topology in none of $(cat none) teams" page
	cost() { jq -r "select(.file == \"$1.ckpt\").requests_per_step * 25 * 0.24 / 30" "$rule/../learn/evaluations.jsonl" | LC_ALL=C xargs printf '%.1f'; }
	grep -qF "pay more for it, $(cost reference_N6_s1-meta-1-cost-carried-long) and $(cost reference_N6_s1-meta-2-cost-carried-long) against $(
		cost reference_N6_s1-reinforce-1-cost-long)" page
	# no team that asks nobody gets above the script that does not
	alone=$(mc-envsim --describe reference_N3_s1 | awk '/^  still +alone +told/ { getline; print $4 }')
	jq -se --argjson alone "$alone" 'map(select(.task == "reference_N3_s1" and .requests_per_step < 0.01).return_mean)
		| length >= 4 and max < $alone and min > $alone - 1' "$rule/../learn/evaluations.jsonl"
	LC_ALL=C printf 'The best script that never asks returns %.1f,' "$alone" >script
	grep -qF "$(cat script)" readme
}

@test "the advantages: the page tells them, of the runs whose streams are there" {
	for task in $(cd "$rule/../advantages" && ls -- *.mp | cut -d - -f 1 | sort -u); do
		for stream in "$rule/../advantages/$task"-meta-*.mp; do
			header=$(mc-cat -n 1 "$stream")
			[ "$(jq -r '"\(.task)-\(.method)-\(.seed)"' <<<"$header")" = "$(basename "$stream" .mp)" ]
			[ "$(jq .planned <<<"$header")" -eq 50000 ]
		done
		mc-eval --advantages --json "$rule/../advantages/$task"-meta-*.mp
	done | jq -r '[.task, .pairs, .r_mean, .alike, .alike_ci[]] | @tsv' | while read -r task numbers; do
		# shellcheck disable=SC2086  # five numbers
		LC_ALL=C printf '%s %d %.2f %.2f [%.2f, %.2f]\n' "$task" $numbers
	done | sort >found
	[ "$(wc -l <found)" -ge 6 ]
	awk '/^task +compared with +pairs/, /^.Ed/' "$rule/../../../man/metacomm-results.7" |
		sed -En 's/^([a-zN0-9_]+) .* ([0-9]+) +(-?[0-9.]+) +([0-9.]+) +(\[.*\])$/\1 \2 \3 \4 \5/p' | sort | diff found -
}

@test "figure 2 and pairs of rules, in a clone with blanks in its name" {
	cd "$BATS_TEST_TMPDIR"
	ln -s "$(realpath "$BATS_TEST_DIRNAME/..")" 'my clone'
	"$rule/../figure2" >here
	'my clone/examples/results/figure2' | diff here -
	"$rule/pairs" >here
	[ -s here ]
	'my clone/examples/results/rule/pairs' | diff here -
}

# The files that `pages` writes to, below here.
copy_pages() {
	mkdir -p man/guide
	for page in README.md man/guide/results.md man/metacomm-results.7; do
		cp "$BATS_TEST_DIRNAME/../$page" $page
	done
}

@test "pages: README and manual have the tables that the data give, and a number that is not theirs is put right" {
	copy_pages
	"$rule/../pages" .
	for page in README.md man/guide/results.md man/metacomm-results.7; do
		cmp "$BATS_TEST_DIRNAME/../$page" $page
	done
	grep -q "</svg>" man/learned.svg
	# a line of each of its seven tables
	sed -i 's/^| push_N3 | -57.7 .*/changed/' README.md
	sed -i '/^| push_N3 | meta /d' man/guide/results.md
	for line in 'reference_N3_s1 silent ' 'push_N3  *-[0-9.]* (' 'push_N3  *none .*\]' 'push_N3  *stgs  *[0-9]  *[0-9.]* ' 'push_N3  *stgs  *- '; do
		[ "$(grep -c "^$line" man/metacomm-results.7)" -gt 0 ]
		sed -i "s/^$line.*/changed/" man/metacomm-results.7
	done
	"$rule/../pages" .
	for page in README.md man/guide/results.md man/metacomm-results.7; do
		cmp "$BATS_TEST_DIRNAME/../$page" $page
	done
	# a table that is not where it should be
	sed -i 's/^task  *rule  *price/task whatever price/' man/metacomm-results.7
	cp man/metacomm-results.7 before
	run -65 "$rule/../pages" .
	[ "$output" = 'pages: man/metacomm-results.7: the header of a table is not there' ]
	cmp before man/metacomm-results.7
}

@test "add: what a report has of runs becomes part of the published ones, in the place of those of the same name" {
	mkdir -p results report
	cp -r "$rule/../add" "$rule/../learn" results
	for name in push_N3-none-1 push_N3-meta-2; do
		cp "results/learn/$name.log" report
		grep -h "\"$name.ckpt\"" results/learn/evaluations.jsonl >>report/evaluations.jsonl
		grep -h "\"$name.ckpt\"" results/learn/greedy.jsonl >>report/greedy.jsonl || true
		grep -h "\"$name.ckpt\"" results/learn/interventions.jsonl >>report/interventions.jsonl || true
	done
	sed -n '1s/commit/version/p; /^push_N3-none-1	\|^push_N3-meta-2	/p' results/learn/runs.tsv | sed '2,$s/	[0-9a-f]*	[^	]*	/	0.1.0	here	/' >report/runs.tsv
	[ "$(wc -l <report/runs.tsv)" -eq 3 ]
	rm results/learn/push_N3-none-1.log                       # one is new
	for file in results/learn/*.jsonl results/learn/runs.tsv; do
		sed -i '/push_N3-none-1[".	]/d' "$file"
	done
	sed -i 's/^push_N3-meta-2	/&other/; ' results/learn/runs.tsv   # one is there with something else
	: >results/learn/push_N3-meta-2.log
	results/add report 0123abc
	columns results/learn/runs.tsv run commit machine | grep "0123abc	here$" | cut -f 1 | sort >added
	printf '%s\n' push_N3-meta-2 push_N3-none-1 | diff added -
	for file in "$rule/../learn/"*; do
		case $file in
		*.log) cmp "$file" "results/learn/${file##*/}" ;;
		*.jsonl) diff <(sort "$file") <(sort "results/learn/${file##*/}") ;;
		*) diff <(columns "$file" run seconds command | sort) <(columns results/learn/runs.tsv run seconds command | sort) ;;
		esac
	done
	results/add report 0123abc 'a machine'
	[ "$(grep -c '	0123abc	a machine	' results/learn/runs.tsv)" -eq 2 ]
	run -66 results/add nowhere 0123abc
	[ "$output" = 'add: nowhere: no report of mc-figures is there' ]
	run -64 results/add report
}
