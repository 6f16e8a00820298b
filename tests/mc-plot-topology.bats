# mc-plot(1) topology: who asks whom, over an episode and over training.
load plot

stream() {
	"$BATS_TEST_DIRNAME/make-episodes.py" "$@"
}

# The shares of the row called $2 in panel number $1 of fig.dat, on one line.
row() {
	awk -v panel="$1" -v name="\"$2\"" '/^#/ { n++ } n == panel && $0 ~ name "$" { printf "%s%s", k++ ? " " : "", $3 }' fig.dat
}

@test "a cell for each step and pair: the share of episodes in which the one asked the other" {
	stream a.mc steps=4 episodes=4 ask='e < t and j == 0'
	mc-plot topology a.mc -o fig.svg --emit
	[ "$(row 1 '1 asks 0')" = "0 0.25 0.5 0.75" ]
	[ "$(row 1 '2 asks 0')" = "0 0.25 0.5 0.75" ]
	[ "$(row 1 '2 asks 1')" = "0 0 0 0" ]
	[ "$(row 1 '0 asks 2')" = "0 0 0 0" ]
	# the table: rows ask, columns are asked
	[ "$(row 2 1)" = "0.375 NaN 0" ]
	[ "$(row 2 0)" = "NaN 0 0" ]
	grep -q '>navigation_N3_l3, meta, seed 5, mean of 4 episodes<' fig.svg
	grep -q '>0.38<' fig.svg
	run ! grep -q NaN fig.svg
}

@test "what was out of range counts as nothing" {
	stream a.mc steps=3 episodes=2 ask=1 mask='t != 1 and (e == 0 or i != 2)'
	mc-plot topology a.mc -o fig.svg --emit
	[ "$(row 1 '0 asks 1')" = "1 NaN 1" ]
	[ "$(row 1 '2 asks 1')" = "1 NaN 1" ]
	mc-plot topology a.mc >out
	grep -q '^ *2 asks 1  # #$' out
}

@test "one episode alone; one that there is not" {
	stream a.mc steps=3 episodes=3 first=4 ask='e == 5'
	mc-plot topology a.mc --episode 5 -o fig.svg --emit
	[ "$(row 1 '0 asks 1')" = "1 1 1" ]
	grep -q ', episode 5<' fig.svg
	mc-plot topology a.mc --episode 6 -o fig.svg --emit
	[ "$(row 1 '0 asks 1')" = "0 0 0" ]
	run -64 mc-plot topology a.mc --episode 7
	[ "$output" = "mc-plot: --episode: no episode 7 here; there are 3, from 4 to 6" ]
}

@test "the right requests are framed where they are known, and counted" {
	stream a.mc task=reference_N3_s1 steps=4 episodes=2 ask='j == (i + 1) % 3 and t < 3 or i == 0 and j == 2 and e == 0'
	mc-plot topology a.mc -o fig.svg --emit
	# three rows of pairs, and three cells of the table: 0 asks 1, 1 asks 2, 2 asks 0
	[ "$(grep -c '^set object [0-9]* rectangle from first' fig.gp)" -eq 6 ]
	for span in -0.48:0.48 2.52:3.48 3.52:4.48; do
		grep -q "rectangle from first -0.5,${span%:*} to first 3.5,${span#*:} " fig.gp
	done
	grep -q 'rectangle from first 0.5,-0.48 to first 1.5,0.48 ' fig.gp
	# 18 right requests of 22, and of 24 that there were
	mc-plot topology a.mc >out
	tr -s ' \n' ' ' <out | grep -q 'framed (in text a star): the right request; reference_N3_s1, meta, seed 5: precision 0.82, recall 0.75'
	grep -q '0 asks 1\* ###\.$' out
	grep -q '0 asks 2  5555$' out
	grep -q '^ *0 *- *0.75\* *0.50$' out
}

@test "a shift of its own for each episode: one is framed, the mean of several counts each episode's" {
	stream a.mc task=reference_N3 steps=2 episodes=2 ask='j == (i + 1) % 3' shift='1 + e % 2'
	mc-plot topology a.mc -o fig.svg --emit
	[ "$(grep -c '^set object [0-9]* rectangle from first' fig.gp)" -eq 0 ]
	grep -q 'precision 0.50, recall 0.50' fig.svg
	run ! grep -q 'framed' fig.svg
	mc-plot topology a.mc --episode 0 -o fig.svg
	grep -q 'precision 1.00, recall 1.00' fig.svg
	mc-plot topology a.mc --episode 1 >out
	tr -s ' \n' ' ' <out | grep -q 'star): the right request; reference_N3, meta, seed 5: precision 0.00, recall 0.00'
	grep -q '0 asks 2\* \.\.$' out
}

@test "training on hidden goals: framed where the shift is fixed, counted over the last tenth" {
	for task in reference_N3 reference_N3_s2; do
		"$BATS_TEST_DIRNAME/../pipelines/train" -t $task -m reinforce -e 60 -o $task -R '--hidden 8'
		mc-plot topology $task/run.log -o $task.svg
		mc-cat --full -t episode $task/run.log | jq -s -r '[.[] | select(.episode >= 54)] |
			"precision \(100 * (map(.right) | add) / (map(.requests) | add) | round / 100)", "recall \(100 * (map(.right) | add) / (map(.right_edges) | add) | round / 100)"' >want
		while read -r word number; do
			grep -q "$word $(printf '%.2f' "$number")" $task.svg
		done <want
	done
	grep -q 'framed' reference_N3_s2.svg
	run ! grep -q 'framed' reference_N3.svg
}

@test "as text: a digit for each cell" {
	stream a.mc steps=5 episodes=40 ask='e < (0, 1, 13, 39, 40)[t]'
	mc-plot topology a.mc >out
	[ "$(grep -c '^ *[0-2] asks [0-2]  \.039#$' out)" -eq 6 ]
	grep -q '^ *2 *0.47 *0.47 *-$' out
	[ "$(awk '{ if (length > w) w = length } END { print w }' out)" -le 80 ]
}

@test "training: the shares that a log has, against environment steps" {
	for method in meta none; do
		"$BATS_TEST_DIRNAME/../pipelines/train" -t push_N3 -m $method -e 55 -o $method -R '--hidden 8'
	done
	mc-plot topology meta/run.log none/run.log -o fig.svg --emit
	mc-cat --full -t metric meta/run.log | jq -s -r '[.[] | select(.asked_pair) | .asked_pair[1][0]][]' >asked
	[ "$(wc -l <asked)" -eq 5 ]
	[ "$(row 1 '1 asks 0')" = "$(xargs printf '%.7g ' <asked | sed 's/ $//')" ]
	[ "$(grep -c '^#' fig.dat)" -eq 2 ]
	grep -q '>push_N3, meta, seed 1<' fig.svg
	grep -q '>environment steps<' fig.svg
	grep -q '>last tenth of training<' fig.svg
}

@test "runs have a row each; episodes of one run are combined, whatever stream they are in" {
	stream a.mc steps=3
	stream b.mc steps=3 method=stgs ask=1
	stream c.mc steps=3 first=1 ask=1
	mc-plot topology a.mc b.mc c.mc -o fig.svg --emit
	[ "$(grep -c '^#' fig.dat)" -eq 4 ]
	[ "$(row 1 '0 asks 1')" = "0.5 0.5 0.5" ]
	[ "$(row 3 '0 asks 1')" = "1 1 1" ]
	cat a.mc b.mc c.mc | mc-plot topology -o piped.svg
	cmp fig.svg piped.svg
	stream d.mc steps=3 seed=6 ask=1
	mc-plot topology a.mc d.mc -o fig.svg --emit
	[ "$(row 1 '0 asks 1')" = "0 0 0" ]
	[ "$(row 3 '0 asks 1')" = "1 1 1" ]
	grep -q '>navigation_N3_l3, meta, seed 6, episode 0<' fig.svg
}

@test "logs of several runs: none is blurred by another" {
	for s in 1 2 3; do
		log $s.log comm=1 pairs=1 seed=$s
	done
	log n.log method=none
	mc-plot topology n.log 1.log n.log 2.log 3.log -o fig.svg --emit
	[ "$(grep -c '^#' fig.dat)" -eq 6 ]
	for s in 1 2 3; do # 0 asks 1 with s / 20, in each of four moments
		[ "$(row $((2 * s - 1)) '0 asks 1')" = "$(awk -v s=$s 'BEGIN { v = s / 20; print v, v, v, v }')" ]
		grep -q ">push_N3, meta, seed $s<" fig.svg
	done
	# the same run twice is drawn twice, and an empty log takes no room
	mc-plot topology 1.log 1.log -o fig.svg --emit
	[ "$(grep -c '^#' fig.dat)" -eq 4 ]
	mc-plot topology $(for k in {1..70}; do echo n.log; done) 1.log -o fig.svg
	run -65 mc-plot topology $(for k in {1..65}; do echo 1.log; done) -o fig.svg
	[[ "$output" == *": more than 64 runs; draw fewer at once" ]]
}

@test "svg, png and pdf; --emit draws the same again" {
	stream a.mc
	for kind in svg png pdf; do
		mc-plot topology a.mc -o fig.$kind --title 'Who asks?'
		[ -s fig.$kind ]
	done
	mc-plot topology a.mc -o fig.svg --emit
	cp fig.svg first.svg
	gnuplot fig.gp
	cmp fig.svg first.svg
}

@test "what cannot be drawn is said" {
	"$BATS_TEST_DIRNAME/make-logs.py" a.log
	run -65 mc-plot topology a.log
	[[ "$output" == "mc-plot: nothing in these streams says who asks whom; "* ]]
	"$BATS_TEST_DIRNAME/make-ckpt.py" run.ckpt
	run -65 mc-plot topology run.ckpt
	[[ "$output" == "mc-plot: run.ckpt:0: is a checkpoint, neither a log nor episodes; "* ]]
	echo hello >text
	run -65 mc-plot topology text
	run -66 mc-plot topology nothing
	stream a.mc episodes=0
	run -65 mc-plot topology a.mc
	stream a.mc error=1
	run -75 mc-plot topology a.mc
	[[ "$output" == "mc-plot: a.mc:"*": the stream ends with an error: mc-rollout: it broke" ]]
	run -64 mc-plot topology a.mc -y return
	[ "$output" = "mc-plot: --y: this is not an option of mc-plot topology; leave it out" ]
	stream a.mc
	run -64 mc-plot topology a.mc -o fig.gif
	[ "$output" = "mc-plot: fig.gif: unknown kind of picture; end its name in .svg, .png or .pdf" ]
}

@test "a stream that is cut is drawn as far as it goes" {
	stream a.mc episodes=3
	head -c $(($(stat -c %s a.mc) - 300)) a.mc >cut.mc
	run --separate-stderr mc-plot topology cut.mc
	[ "$status" -eq 0 ]
	[[ "$stderr" == "mc-plot: cut.mc: still running, or cut, at "* ]]
	[[ "$output" == *"mean of 2 episodes"* ]]
}
