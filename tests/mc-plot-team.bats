# mc-plot(1) graph and episode: a team at one step, and moving.
load plot

stream() {
	"$BATS_TEST_DIRNAME/make-episodes.py" "$@"
}

# Block number $1 of fig.dat, without its heading.
block() {
	awk -v want="$1" '/^#/ { n++; next } n == want && NF' fig.dat
}

@test "one step: where everything is, who asks whom" {
	stream a.mc ask='(i, j) in ((0, 1), (2, 1)) and t == 3'
	mc-plot graph a.mc --step 3 -o fig.svg --emit
	[ "$(block 4)" = "0 0.3 0.15 0
1 0.3 0.15 1
2 0.3 0.15 2" ]
	[ "$(block 2 | awk '{ printf "%.4f %.4f %s\n", $1, $2, $5 }' | sort)" = "0.0000 -1.0000 landmark
1.0000 -1.0000 landmark
2.0000 -1.0000 landmark" ]
	# from rim to rim, from who asks to who is asked
	[ "$(block 3 | awk '{ print $5, $6, ($3 > 0 ? "right" : "left"), ($3 * $3 > 0.48 && $3 * $3 < 0.5) }')" = "0 1 right 1
2 1 left 1" ]
	[ "$(block 1 | sort -u | wc -l)" -eq 12 ]
	grep -q '>step 3 of 25, return so far -3.00<' fig.svg
	texts fig.svg | grep -q ' navigation_N3_l3, meta, seed 5, iteration 7, episode 0; positions are those that'
	mc-plot graph a.mc --step 2 -o fig.svg --emit
	[ "$(block 3)" = "NaN NaN NaN NaN 0 0 0" ]
	mc-plot graph a.mc --step 0,3,25 -o fig.svg --emit
	[ "$(grep -c '^#' fig.dat)" -eq 12 ]
	[ "$(block 7 | wc -l)" -eq 2 ]
	[ "$(block 12 | head -n 1)" = "0 2.5 0.15 0" ]
}

@test "hidden goals: whose goal is where, and who knows it" {
	stream a.mc task=reference_N3 ask='j == (i + 2) % 3' shift=2
	mc-plot graph a.mc --step 2 -o fig.svg --emit
	[ "$(grep -c '^#' fig.dat)" -eq 6 ]
	# agent i at (i, 0.2), its goal is landmark i at (i, -1), and agent i + 2 knows it
	[ "$(block 5 | awk '{ printf "%g %g %g %g %d %d\n", $1, $2, $3, $4, $5, $6 }')" = "0 0.2 0 -1.2 0 0
1 0.2 0 -1.2 1 1
2 0.2 0 -1.2 2 2" ]
	[ "$(block 6 | awk '{ printf "%g %g %d %d\n", $3, $4, $5, $6 }')" = "2 0 0 2
-1 0 1 0
-1 0 2 1" ]
	grep -q '>its goal<' fig.svg
	grep -q '>who knows it<' fig.svg
	mc-plot graph a.mc >out
	tr -s ' \n' ' ' <out | grep -q 'goals: 0 to A (2 knows), 1 to B (0 knows), 2 to C (1 knows)'
	tr -s ' \n' ' ' <out | grep -q 'A, B, C: landmarks'
	mc-plot episode a.mc -o fig.gif
	[ "$(head -c 6 fig.gif)" = GIF89a ]
	# goals that nobody says
	stream b.mc
	mc-plot graph b.mc -o fig.svg --emit
	[ "$(grep -c '^#' fig.dat)" -eq 4 ]
	run ! grep -q 'its goal' fig.svg
}

@test "limited views: prey and landmarks while an agent sees them" {
	mc-rollout --script alone -t navigation_N6_l6_v100 -n 1 >v.mc
	mc-plot graph v.mc -o fig.svg --emit
	block 2 | awk '$4 == 13816530 { pale++ } $4 == 9211020 { seen++ } END { exit !(pale > 0 && seen > 0 && pale + seen <= 6) }'
	texts fig.svg | tr '\n' ' ' | grep -q 'landmarks in some step, pale where no agent sees them now'
	mc-rollout --script alone -t predator_prey_N6_l6_v75 -n 1 | mc-plot graph -o fig.svg
	texts fig.svg | tr '\n' ' ' | grep -q 'prey while an agent sees them'
}

@test "requests there and back are two arrows apart; what is between close agents is above them" {
	stream a.mc ask='(i, j) in ((0, 1), (1, 0), (2, 1))'
	mc-plot graph a.mc -o fig.svg --emit
	block 3 >arrows # x y dx dy asker asked close; the agents at (0, 0), (1, 0), (2, 0)
	[ "$(awk '{ print $5, $6, $7 }' arrows | xargs)" = "0 1 0 1 0 0 2 1 0" ]
	# each to the left of the way that it goes, the lonely one in the middle
	awk '$5 == 0 { there = $2 } $5 == 1 { back = $2 } $5 == 2 { alone = $2 }
		END { exit !(there > 0.03 && back == -there && alone == 0) }' arrows
	awk '{ r = sqrt(($1 - $5) ^ 2 + $2 ^ 2); if (r < 0.149 || r > 0.151) bad++ } END { exit bad > 0 }' arrows
	stream a.mc ask='(i, j) == (0, 1)' x='i / 5'
	mc-plot graph a.mc -o fig.svg --emit
	[ "$(block 3 | awk '{ print $5, $6, $7 }')" = "0 1 1" ]
	# discs hide arrows that pass below them, numbers are above all
	for layer in 'x==0' circles 'x==1' labels; do
		grep -n "${layer/x/7}" fig.gp | tail -n 1 | cut -d : -f 1
	done >lines
	[ "$(sort -n lines | xargs)" = "$(xargs <lines)" ]
	[ "$(wc -l <lines)" -eq 4 ]
}

@test "a number fits into its agent's disc, however large the field is" {
	stream a.mc x='40 * i' y=0
	mc-plot graph a.mc -o fig.svg --emit
	[ "$(block 4 | awk '{ print ($3 > 2) }' | xargs)" = "1 1 1" ]
	grep -q "labels .*tc rgb 'white'" fig.gp
}

@test "prey, ball and target are where the task has them" {
	stream a.mc task=predator_prey_N3_l3
	mc-plot graph a.mc --step 10 -o fig.svg --emit
	[ "$(block 2 | cut -d ' ' -f 1,2,3,5 | sort)" = "-1 0 0.2 landmark
-1 1 0.2 landmark
1 0.1 0.05 prey" ]
	stream a.mc task=push_N3
	mc-plot graph a.mc --step 10 -o fig.svg --emit
	[ "$(block 2 | cut -d ' ' -f 1,2,3,5 | sort)" = "-0.5 0.25 0.05 target
0.5 0.1 0.1 ball" ]
	grep -q '>ball<' fig.svg
	run ! grep -q '>landmark<' fig.svg
}

@test "what no agent sees is not drawn, and counted" {
	stream a.mc task=navigation_N6_l1 agents=6 x='0.1 * i + t / 10' y=-1
	mc-plot graph a.mc -o fig.svg --emit
	# at step 0 the nearest of all agents is one of the first two; the last step is near the fourth
	[ "$(block 2 | awk '{ print $1, $4 }' | sort)" = "0 9211020
1 13816530
2 13816530
3 13816530" ]
	mc-plot graph a.mc | tr -s ' \n' ' ' | grep -q ': 4 of 6 landmarks in some step, pale where no agent sees them now $'
	stream a.mc task=predator_prey_N6_l1 agents=6
	mc-plot graph a.mc -o fig.svg --emit
	[ "$(block 2 | grep -c prey)" -ge 1 ]
	mc-plot graph a.mc | tr -s ' \n' ' ' | grep -q '; prey while an agent sees them $'
}

@test "the world that mc-envsim describes: positions of a real episode" {
	"$BATS_TEST_DIRNAME/../pipelines/train" -t predator_prey_N3_l3 -m full -e 1 -o pp -R '--hidden 4'
	mc-rollout --load pp/run.ckpt -n 2 >a.mc
	mc-plot graph a.mc --episode 1 --step 25 -o fig.svg --emit
	mc-cat --full -t trajectory a.mc | jq -r 'select(.episode == 1) | .o[25][] | .[2:4] | @tsv' >want
	block 4 | awk '{ print $1 "\t" $2 }' >have
	paste want have | awk '{ d = ($1 - $3) ^ 2 + ($2 - $4) ^ 2; if (d > 1e-10) bad++ } END { exit bad > 0 || NR != 3 }'
	[ "$(block 3)" = "NaN NaN NaN NaN 0 0 0" ]
	mc-plot graph a.mc --episode 1 --step 24 -o fig.svg --emit
	[ "$(block 3 | wc -l)" -eq 6 ]
	texts fig.svg | grep -q ' predator_prey_N3_l3, full, seed 1, iteration 1, episode 1; '
}

@test "as text: a field, and the requests in words" {
	stream a.mc ask='i == 0 or (i, j) == (2, 1)'
	mc-plot graph a.mc --step 5 >out
	grep -q '^ *0 asks 1 2, 2 asks 1 *$' out
	grep -q '^ *| *0\.\.*>1<\.\.*>2 *|$' out
	[ "$(grep -c 'x' out)" -ge 1 ]
	[ "$(awk '{ if (length > w) w = length } END { print w }' out)" -le 80 ]
	stream a.mc ask=0
	mc-plot graph a.mc | grep -q '^ *nobody asks *$'
	mc-plot episode a.mc >out
	[ "$(grep -c '^ *step [0-9]* of 25, return so far' out)" -eq 26 ]
	[ "$(grep -c '^ *nobody asks *$' out)" -eq 25 ]
	grep -q '^ *the end *$' out
	run ! grep -q $'\033' out
}

@test "an episode as a GIF: a frame for each step, at the speed that was asked for" {
	stream a.mc steps=4
	mc-plot episode a.mc -o fig.gif --fps 10
	/usr/bin/python3 - <<-'PY'
	import struct
	b = open("fig.gif", "rb").read()
	assert b[:6] == b"GIF89a"
	# graphic control extensions: their delay is in 1/100 s
	delays = [struct.unpack("<H", b[i + 4:i + 6])[0] for i in range(len(b) - 8) if b[i:i + 3] == b"\x21\xf9\x04" and b[i + 7] == 0]
	assert delays == [10] * 5, delays
	PY
}

@test "an episode as frames, each a picture; --emit draws the same again" {
	stream a.mc steps=3
	mkdir f
	mc-plot episode a.mc -o f/s%d.svg
	grep -q '>step 2 of 3, return so far -1.00<' f/s2.svg
	rm f/*
	mc-plot episode a.mc -o f/s%02d.png --emit
	[ "$(ls f | xargs)" = "s00.png s01.png s02.png s03.png sall.dat sall.gp" ]
	mkdir again
	mv f/*.png again
	(cd f && gnuplot sall.gp)
	for k in 0 1 2 3; do
		cmp f/s0$k.png again/s0$k.png
	done
	mc-plot episode a.mc -o fig.gif --emit
	cp fig.gif first.gif
	gnuplot fig.gp 2>/dev/null
	cmp fig.gif first.gif
	for kind in svg png pdf; do
		mc-plot graph a.mc -o fig.$kind --emit
		[ -s fig.$kind ]
	done
	mc-plot graph a.mc -o fig.svg --emit
	cp fig.svg first.svg
	gnuplot fig.gp
	cmp fig.svg first.svg
}

@test "on a terminal the episode moves, and leaves the terminal as it was" {
	command -v script >/dev/null || skip "no script(1)"
	stream a.mc steps=3
	TERM=xterm script -qc "stty rows 24 cols 80; mc-plot episode --fps 50 a.mc" typescript >/dev/null
	[ "$(grep -c 'step [0-3] of 3' typescript)" -eq 4 ]
	[ "$(grep -o $'\0338' typescript | wc -l)" -eq 3 ]
	run ! grep -q $'\033\[?' typescript
}

@test "text fits terminals of 40, 80 and 200 columns" {
	command -v script >/dev/null || skip "no script(1)"
	stream a.mc steps=2 ask=1
	for columns in 40 80 200; do
		for command in "graph a.mc" "episode --fps 50 a.mc"; do
			TERM=xterm script -qc "stty rows 24 cols $columns; mc-plot $command" typescript >/dev/null
			sed '1d; $d' typescript | tr -d '\r' | sed 's/\x1b[78]//g; s/\x1b\[[0-9;]*[a-zA-Z]//g' >screen
			awk -v c=$columns '{ if (length > w) w = length } END { exit !(w <= c && w > c / 3) }' screen
			grep -q '^ *0 asks 1 2' screen
		done
	done
}

@test "what cannot be drawn is said" {
	stream a.mc episodes=2 first=3
	run -64 mc-plot graph a.mc --episode 1
	[ "$output" = "mc-plot: --episode: no episode 1 here; there are 2, from 3 to 4" ]
	for step in 26 -1 x '' 1, 1,,2 1x; do
		run -64 mc-plot graph a.mc "--step=$step"
		[ "$output" = "mc-plot: --step: \"$step\" is not up to 25 steps from 0 to 25, with commas" ]
	done
	stream b.mc task=hints
	run -65 mc-plot graph b.mc
	[[ "$output" == "mc-plot: b.mc:0: task \"hints\": the positions of its agents are unknown; "* ]]
	stream b.mc agents=4
	run -65 mc-plot graph b.mc
	[[ "$output" == *": 4 agents with observations of 16 are not those of navigation_N3_l3; "* ]]
	"$BATS_TEST_DIRNAME/make-logs.py" a.log
	run -65 mc-plot episode a.log
	[ "$output" = "mc-plot: no episode in these streams; mc-rollout --load CKPT -n 1 makes one" ]
	"$BATS_TEST_DIRNAME/make-ckpt.py" run.ckpt
	run -65 mc-plot graph run.ckpt
	run -66 mc-plot graph nothing
	run -64 mc-plot graph a.mc --fps 3
	[ "$output" = "mc-plot: --fps: this is not an option of mc-plot graph; leave it out" ]
	run -64 mc-plot episode a.mc --step 3
	run -64 mc-plot graph a.mc -o fig.gif
	run -64 mc-plot episode a.mc -o fig.jpg
	[ "$output" = "mc-plot: fig.jpg: unknown kind of picture; f.gif moves; f%03d.png (.svg, .pdf) are its frames" ]
	run -64 mc-plot episode a.mc -o fig.png
	run -64 mc-plot episode a.mc -o %d%d.png
	run -64 mc-plot episode a.mc -o f%s.png
	run -73 mc-plot episode a.mc -o no/such/%d.png
	[ "${#lines[@]}" -eq 1 ]
}

@test "a stream that is cut is drawn as far as it goes" {
	stream a.mc episodes=2
	head -c $(($(stat -c %s a.mc) - 300)) a.mc >cut.mc
	run --separate-stderr mc-plot graph cut.mc
	[ "$status" -eq 0 ]
	[[ "$stderr" == "mc-plot: cut.mc: still running, or cut, at "* ]]
	run --separate-stderr mc-plot graph cut.mc --episode 1
	[ "$status" -eq 64 ]
}
