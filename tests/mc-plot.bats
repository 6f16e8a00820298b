# mc-plot(1): what is drawn, from what, and what is refused.
load plot

# `!` in the middle of a test is not seen by bats
absent() {
	if grep -q "$@"; then
		return 1
	fi
}

@test "a log is drawn on the terminal, 80 by 24 where there is none" {
	log a.log
	run mc-plot curves a.log
	[ "$status" -eq 0 ]
	[[ "${lines[0]}" == *"push_N3, episodic return" ]]
	[[ "$output" == *"environment steps"* ]]
	[[ "$output" == *"   meta @@@@@"* ]]
	[[ "$output" == *"moving average over 20 episodes; one run" ]]
	mc-plot curves -w 1 a.log | tail -n 1 | grep -q '^ *single episodes; one run$'
	[ "${#lines[@]}" -le 24 ]
	[ "$(printf '%s\n' "$output" | awk '{ if (length > w) w = length } END { print w }')" -le 80 ]
	printf '%s' "$output" | LC_ALL=C absent '[[:cntrl:]]'
}

@test "a return that grows is drawn from the lower left to the upper right" {
	log a.log
	mc-plot curves -w 1 a.log | sed -n '2,/+-----/p' | grep @ >rows
	[ "$(head -n 1 rows | awk '{ print index($0, "@") }')" -gt 60 ]
	[ "$(tail -n 1 rows | awk '{ print index($0, "@") }')" -lt 12 ]
}

@test "several tasks give several panels, one legend" {
	log a.log task=push_N3
	log b.log task=push_N6 method=full
	run mc-plot curves a.log b.log
	[ "$status" -eq 0 ]
	[[ "$output" == *"push_N3, episodic return"* ]]
	[[ "$output" == *"push_N6, episodic return"* ]]
	[ "$(grep -c 'full #####   meta @@@@@' <<<"$output")" -eq 1 ]
}

@test "standard input is read when no log is named, and for -" {
	log a.log
	cat a.log | mc-plot curves >one
	mc-plot curves - <a.log >two
	mc-plot curves a.log >three
	cmp one three
	cmp two three
}

@test "two logs in one stream are two runs" {
	log a.log seed=1
	log b.log seed=2
	cat a.log b.log | mc-plot curves >one
	mc-plot curves a.log b.log >two
	cmp one two
	grep -q 'mean of 2 runs, band: minimum to maximum' one
}

@test "the picture's kind follows from its name" {
	log a.log
	mc-plot curves a.log -o a.svg
	mc-plot curves a.log -o a.png
	mc-plot curves a.log -o a.pdf
	head -c 5 a.svg | grep -q '<?xml'
	tail -c 8 a.svg | grep -q '</svg>'
	[ "$(head -c 4 a.png | od -An -tx1)" = " 89 50 4e 47" ]
	[ "$(head -c 4 a.pdf)" = "%PDF" ]
}

@test "a picture holds title, panel, axes, legend and caption" {
	log a.log
	log b.log seed=2
	mc-plot curves a.log b.log -o a.svg --title "Push it's <new>" -w 5
	for text in "Push it's &lt;new>" push_N3 "environment steps" "episodic return" meta \
	    "moving average over 5 episodes; line: mean of 2 runs, band: minimum to maximum"; do
		grep -qF ">$text<" a.svg
	done
}

@test "the same logs give the same bytes" {
	log a.log
	log b.log seed=2
	mc-plot curves a.log b.log -o a.svg
	mc-plot curves a.log b.log -o b.svg
	cmp a.svg b.svg
}

@test "--emit leaves a script and data that draw the picture again" {
	log a.log
	log b.log seed=2
	mkdir sub
	mc-plot curves a.log b.log -o sub/fig.svg --emit
	cp sub/fig.svg first.svg
	rm sub/fig.svg
	cd sub
	gnuplot fig.gp
	cmp fig.svg ../first.svg
}

@test "the data are mean and range of the runs' returns, against steps" {
	log a.log seed=1
	log b.log seed=3 episodes=30
	mc-plot curves a.log b.log -w 1 -o fig.svg --emit
	grep -v '^#' fig.dat >numbers
	[ "$(wc -l <numbers)" -eq 30 ]
	[ "$(sed -n 1p numbers)" = "25 0.2 0.1 0.3" ]
	[ "$(sed -n 30p numbers)" = "750 29.2 29.1 29.3" ]
}

@test "a window averages over the episodes before, whole windows only" {
	log a.log
	mc-plot curves a.log -o fig.svg --emit -w 10
	grep -v '^#' fig.dat >numbers
	[ "$(wc -l <numbers)" -eq 31 ]
	[ "$(sed -n 1p numbers)" = "250 4.6" ]
	[ "$(sed -n 31p numbers)" = "1000 34.6" ]
}

@test "the window: 5 % of the longest run, at least 50, at most half a line's shortest run" {
	log a.log episodes=1200
	mc-plot curves a.log -o fig.svg --emit
	grep -q "'moving average over 60 episodes; one run'" fig.gp
	[ "$(grep -vc '^#' fig.dat)" -eq 300 ]
	[ "$(sed -n 2p fig.dat)" = "1500 29.6" ]
	[ "$(tail -n 1 fig.dat)" = "30000 1169.6" ]
	log b.log episodes=300 method=full
	mc-plot curves b.log -o fig.svg --emit
	grep -q 'moving average over 50 episodes' fig.gp
	log c.log episodes=40 method=none
	log d.log episodes=90 method=none seed=2
	mc-plot curves a.log b.log c.log d.log -o fig.svg --emit
	grep -q 'moving average over 20 to 60 episodes' fig.gp
	[ "$(sed -n '/push_N3, none/,/^$/p' fig.dat | sed -n 2p | cut -d ' ' -f 1)" = 500 ]
	[ "$(sed -n '/push_N3, none/,/^$/p' fig.dat | grep -c '^[0-9]')" -eq 21 ]
	log e.log episodes=1 method=stgs # one episode is a point
	mc-plot curves e.log -o fig.svg --emit
	[ "$(grep -v '^#' fig.dat)" = "25 0.1" ]
	grep -q 'with points' fig.gp
	mc-plot comm a.log | grep -q 'moving average over 60 episodes'
	mc-plot live a.log | grep -q 'moving average over 60 episodes'
}

@test "a window that no run has is refused; a run that is shorter is a point" {
	log a.log
	log b.log method=full episodes=90
	for picture in curves comm; do
		run -64 mc-plot $picture a.log b.log -w 91 -o fig.svg
		[ "$output" = "mc-plot: --window: 91 episodes are more than any run here has: the longest has 90" ]
	done
	[ ! -e fig.svg ]
	mc-plot curves a.log b.log -w 80 -o fig.svg --emit
	[ "$(sed -n '/push_N3, meta/,$p' fig.dat | sed -n 2p)" = "1000 19.6" ]
	grep -q "with points pt 7 .*title 'meta'" fig.gp
	grep -q "with lines .*title 'full'" fig.gp
	grep -q "'moving average over 40 to 80 episodes; one run each'" fig.gp
	[ "$(mc-plot curves a.log b.log -w 80 | grep -v meta | grep -o @ | wc -l)" -eq 1 ]
}

@test "five runs have a bootstrap interval, fewer their range, --band decides" {
	for s in 1 2 3 4 5; do
		log $s.log seed=$s
	done
	mc-plot curves -w 1 [1-5].log | grep -q 'mean of 5 runs, band: 95 % bootstrap interval of the mean'
	mc-plot curves [1-4].log | grep -q 'mean of 4 runs, band: minimum to maximum'
	mc-plot curves -w 1 [1-5].log --band range | grep -q 'band: minimum to maximum'
	mc-plot curves -w 1 [1-5].log --band none | absent band
	mc-plot curves -w 1 [1-5].log -o fig.svg --emit
	sed -n 2p fig.dat | awk '{ exit !($2 == 0.3 && $3 > 0.1 && $3 < 0.25 && $4 > 0.35 && $4 < 0.5) }'
}

@test "--named: a name in place of the method" {
	log a.log
	log b.log
	log c.log seed=2
	mc-plot curves --named one=a.log two=b.log two=c.log -o fig.svg --emit
	[ "$(grep -c '^# push_N3, one: x y$' fig.dat)" -eq 1 ]
	[ "$(grep -c '^# push_N3, two: x y low high$' fig.dat)" -eq 1 ]
	grep -q '>one<' fig.svg
	run -64 mc-plot curves --named a.log
	[[ "$output" == 'mc-plot: --named: "a.log" is not NAME=FILE'* ]]
	run -64 mc-plot curves --named </dev/null
}

@test "--normalise: the lowest point of a task's lines is 0, the highest 1" {
	log a.log
	log b.log method=full level=20
	log c.log task=push_N6 level=-900
	mc-plot curves --normalise a.log b.log c.log -w 1 -o fig.svg --emit
	# push_N3 from 0.1 to 59.1
	sed -n '/push_N3, meta/,/^$/p' fig.dat | sed -n '2p;41p' >ends
	[ "$(tr '\n' ';' <ends)" = "25 0;1000 0.6610169;" ]
	[ "$(sed -n '/push_N3, full/,/^$/p' fig.dat | sed -n 41p)" = "1000 1" ]
	[ "$(sed -n '/push_N6, meta/,/^$/p' fig.dat | sed -n 41p)" = "1000 1" ]
	grep -q 'episodic return, normalised' fig.gp
	grep -q 'each task from 0, the lowest point of its lines, to 1, the highest' fig.gp
}

@test "--normalise: returns of tasks with yardsticks are scores; --scale says otherwise" {
	log a.log prey=none level=-90
	log b.log task=push_N6
	mc-plot curves --normalise a.log b.log -w 1 -o fig.svg --emit
	# from -89.9 to -50.9, of a floor of -57.653 and a ceiling of -38.597
	[ "$(sed -n '/push_N3, meta/,/^$/p' fig.dat | sed -n '2p;41p' | tr '\n' ';')" = "25 -1.692223;1000 0.3543766;" ]
	[ "$(sed -n '/push_N6, meta/,/^$/p' fig.dat | sed -n 41p)" = "1000 1" ]
	texts fig.svg | tr '\n' ' ' | grep -q '0 is standing still, 1 the best script; of others each task from 0, the lowest point of its lines, to 1, the highest'
	mc-plot curves --normalise --scale push_N3=-90,-50 a.log -w 1 -o fig.svg --emit
	[ "$(sed -n '/push_N3, meta/,/^$/p' fig.dat | sed -n 41p)" = "1000 0.9775" ]
	texts fig.svg | grep -q '0 and 1 as --scale says'
	# other series than returns have no yardstick
	mc-plot curves --normalise -y requests a.log -w 1 -o fig.svg
	run ! grep -q 'standing still' fig.svg
	run -64 mc-plot curves --scale push_N3=-90,-50 a.log
	# a typing error is not a task, another task than these is one
	run -64 mc-plot curves --normalise --scale push_n3=-90,-50 a.log b.log
	[ "$output" = 'mc-plot: --scale: there is no task "push_n3"; these runs are of push_N3, push_N6' ]
	mc-plot curves --normalise --scale push_N3=-90,-50:navigation_N3_l3=-90,-50 a.log -o fig.svg
}

@test "--pool: a further panel has the runs of all tasks together" {
	log a.log
	log b.log task=push_N6 level=-900
	mc-plot curves --pool a.log b.log -w 1 -o fig.svg --emit
	[ "$(grep -c '^# all tasks, meta' fig.dat)" -eq 1 ]
	[ "$(sed -n '/all tasks, meta/,$p' fig.dat | sed -n 2p)" = "25 -449.9 -899.9 0.1" ]
	mc-plot curves --pool --normalise a.log b.log -w 1 -o fig.svg --emit
	[ "$(tail -n 1 fig.dat)" = "1000 1 1 1" ]
	[ "$(grep -c "set label 'all tasks'" fig.gp)" -eq 1 ]
}

@test "the methods' colours differ at a glance, for colour-blind readers too" {
	for m in none full reinforce stgs meta; do
		log $m.log method=$m
	done
	mc-plot curves none.log full.log reinforce.log stgs.log meta.log -o fig.svg --emit
	sed -n "s/.* with lines .* lc rgb '#\(.*\)' dt 1 title '\(.*\)'.*/\2 \1/p" fig.gp >colours
	[ "$(wc -l <colours)" -eq 5 ]
	"$BATS_TEST_DIRNAME/colours.py" <colours >pairs
	[ "$(wc -l <pairs)" -eq 10 ]
	awk '$3 < 15 { exit 1 }' pairs
	awk '$1 == "full" && $2 == "meta" { near = $3 } END { exit !(near > 50) }' pairs
}

@test "captions do not break before a per cent sign, and their lines are alike" {
	for s in 1 2 3 4 5; do
		log $s.log seed=$s
	done
	for width in {300..620..20}; do
		mc-plot curves [1-5].log -o fig.svg --width $width
		run ! grep -q '>%' fig.svg
		texts fig.svg | grep -q '95 % bootstrap interval of the mean'
	done
	mc-plot curves [1-5].log -o fig.svg --width 400
	sed -n 's/.*<text>\(.*\)<\/text>.*/\1/p' fig.svg | tail -n 2 | awk '{ print length }' >lengths
	awk 'NR == 1 { first = $1 } END { exit !(NR == 2 && $1 > 0.6 * first) }' lengths
	for columns in 30 40 50 60; do
		mc-plot profile [1-5].log --scale push_N3=0,90 -o fig.svg --width $((columns * 12))
		run ! grep -q '>%' fig.svg
	done
}

@test "--width, --height: of the picture; the panels take what the rest leaves" {
	log a.log
	log b.log task=push_N6
	log full.log method=full
	size() { sed -n 's/.*<svg.* width="\([0-9]*\)" height="\([0-9]*\)".*/\1 \2/p; s/^ width="\([0-9]*\)" height="\([0-9]*\)".*/\1 \2/p' "$1" | head -n 1; }
	for picture in curves bars comm; do
		mc-plot $picture a.log b.log full.log -o fig.svg --width 900 --height 450
		[ "$(size fig.svg)" = "900 450" ]
		mc-plot $picture a.log b.log full.log -o fig.svg --width 1500
		[ "$(size fig.svg | cut -d ' ' -f 1)" = 1500 ]
		mc-plot $picture a.log b.log full.log -o plain.svg
		mc-plot $picture a.log b.log full.log -o fig.svg --height 700
		[ "$(size fig.svg)" = "$(size plain.svg | cut -d ' ' -f 1) 700" ]
	done
	mc-plot curves a.log -o fig.png --width 640 --height 480 # big-endian, at byte 16
	[ "$(od -An -tx1 -j 16 -N 8 fig.png | xargs)" = "00 00 02 80 00 00 01 e0" ]
	mc-plot curves a.log -o fig.pdf --width 960 --height 480
	grep -aq 'MediaBox \[ *0 0 720 360 *\]' fig.pdf
	"$BATS_TEST_DIRNAME/make-episodes.py" a.mc
	mc-plot graph a.mc -o fig.svg --width 900 --height 600 # a square stays one
	[ "$(size fig.svg)" = "900 600" ]
	mc-plot topology a.mc -o fig.svg --width 1000
	[ "$(size fig.svg | cut -d ' ' -f 1)" = 1000 ]
	mc-plot episode a.mc -o fig.gif --width 500 --height 600 # little-endian, at byte 6
	[ "$(od -An -tx1 -j 6 -N 4 fig.gif | xargs)" = "f4 01 58 02" ]
}

@test "--font: name, size or both; the page makes room for it" {
	log a.log
	mc-plot curves a.log -o plain.svg --emit
	mc-plot curves a.log -o fig.svg --font "DejaVu Serif" --emit
	grep -q "font 'DejaVu Serif,13'" fig.gp
	mc-plot curves a.log -o fig.svg --font ,26 --emit
	grep -q "font 'sans-serif,26'" fig.gp
	mc-plot curves a.log -o fig.svg --font "It's; \`touch pwned\`,9.5" --emit
	grep -q "font 'It''s; \`touch pwned\`,[0-9]*'" fig.gp
	[ ! -e pwned ]
	mc-plot curves a.log -o fig.png --font Mono,15
	mc-plot curves a.log -o fig.pdf --font Mono,15
	mc-plot curves a.log -o fig.svg --font ,13
	cmp fig.svg plain.svg
	for font in '' , Mono, ,3 ,73 ,x ,12x ,nan "$(printf '%0200d' 1)"; do
		run -64 mc-plot curves a.log -o no.svg --font "$font"
		[ "${#lines[@]}" -eq 1 ]
		[[ "$output" == "mc-plot: --font: "* ]]
	done
	[ ! -e no.svg ]
}

@test "what leaves the panels no room is refused; a terminal has its own size" {
	log a.log
	log b.log task=push_N6
	run -64 mc-plot curves a.log b.log -o fig.svg --width 200
	[ "$output" = "mc-plot: --width: this leaves no room for 2 panels; try a larger picture, or a smaller --font" ]
	run -64 mc-plot curves a.log -o fig.svg --height 120
	[[ "$output" == "mc-plot: --height: this leaves no room for 1 panel; "* ]]
	run -64 mc-plot curves a.log b.log -o fig.svg --width 300 --height 400 --font ,40
	[[ "$output" == "mc-plot: --width, --height: this leaves no room"* ]]
	for option in "--width 99" "--width 10001" "--height x"; do
		run -64 mc-plot curves a.log -o fig.svg $option
	done
	for option in "--width 800" "--height 600" "--font Mono"; do
		run -64 mc-plot curves a.log $option
		[ "$output" = "mc-plot: ${option% *}: a terminal has its own; add -o FILE" ]
	done
	[ ! -e fig.svg ]
}

@test "axes have four tics or more" {
	for episodes in 41 77 110 123 250 480 999; do
		log a.log episodes=$episodes comm=1
		mc-plot comm a.log -o fig.svg --emit
		grep -A1 '^set xrange' fig.gp | head -n 2 | sed 's/.*:\(.*\)\]/\1/; s/set xtics //' | xargs >axis
		awk '{ n = int($1 / $2 + 1e-9) + 1; exit !(n >= 4 && n <= 7) }' axis
	done
	mc-plot curves a.log -o fig.svg --emit
	sed -n 's/^set yrange \[\(.*\):\(.*\)\]/\1 \2/p; s/^set ytics \([0-9.]*\)$/\1/p' fig.gp | xargs |
		awk '{ n = ($2 - $1) / $3 + 1; exit !(n >= 4 && n <= 9) }'
}

@test "a method has its colour whatever stands beside it" {
	log a.log method=meta
	log b.log method=none
	log c.log method=stgs
	mc-plot curves a.log -o one.svg --emit
	mc-plot curves a.log b.log c.log -o three.svg --emit
	grep -q "with lines .*#D55E00" one.gp
	grep -q "'three.dat' index 0 .*with lines .*#D55E00" three.gp
	grep -q "'three.dat' index 1 .*with lines .*#000000" three.gp
	grep -q "'three.dat' index 2 .*with lines .*#009E73" three.gp
}

@test "other names have colours that are not a method's, as far as they go" {
	log a.log method=meta
	for name in b c d e; do
		log $name.log seed=2
	done
	mc-plot curves --named meta=a.log b=b.log c=c.log d=d.log e=e.log -o fig.svg --emit
	for pair in 0:D55E00 1:0072B2 2:CC79A7 3:7F7F7F 4:000000; do
		grep -q "'fig.dat' index ${pair%:*} .*with lines .*#${pair#*:}" fig.gp
	done
}

@test "requests, shares of edges and metrics can be drawn" {
	log a.log
	mc-plot curves a.log -y requests -o fig.svg --emit
	[ "$(tail -n 1 fig.dat)" = "1000 3" ]
	mc-plot curves a.log -y edge-share -o fig.svg --emit
	[ "$(tail -n 1 fig.dat)" = "1000 0.5" ]
	mc-plot curves a.log -w 1 -y loss -o fig.svg --emit
	[ "$(grep -v '^#' fig.dat | tr '\n' ';')" = "250 0.1;500 0.05;750 0.03333333;1000 0.025;" ]
	mc-plot curves a.log -y mc-critic:q_mean -o fig.svg --emit
	[ "$(tail -n 1 fig.dat)" = "1000 0" ]
}

@test "precision and recall of the requests, where the right ones are known" {
	log a.log task=reference_N3 right=1
	mc-plot curves a.log -y precision -o fig.svg --emit
	[ "$(grep -v '^#' fig.dat | cut -d' ' -f2 | sort -u)" = 0.6 ]
	grep -q 'share of the requests made that are right' fig.svg
	mc-plot curves a.log -y recall -o fig.svg --emit
	[ "$(grep -v '^#' fig.dat | cut -d' ' -f2 | sort -u)" = 0.9 ]
	log b.log
	run -65 mc-plot curves b.log -y recall
	[ "$output" = "mc-plot: no episode whose right requests are known in these logs" ]
}

@test "a metric that is not a number before learning starts is left out" {
	log a.log nan=20
	mc-plot curves a.log -y loss -o fig.svg --emit
	[ "$(grep -v '^#' fig.dat | head -n 1)" = "750 0.03333333" ]
}

@test "a metric that is not there is refused, naming those that are" {
	log a.log
	run mc-plot curves a.log -y los
	[ "$status" -eq 64 ]
	[ "$output" = "mc-plot: --y: no metric los in these logs; there are return, requests, edge-share, precision, recall, loss, q_mean" ]
	run mc-plot curves a.log -y mc-metalearn:loss
	[ "$status" -eq 64 ]
}

@test "logs from when edges were called links are read as ever" {
	log a.log right=1
	log old.log right=1 old=1
	[ "$(mc-cat -n 2 old.log | jq -s '.[1].links')" -eq 150 ]
	for y in edge-share recall; do
		mc-plot curves a.log -y $y -o new.svg --emit
		mc-plot curves old.log -y $y -o old.svg --emit
		cmp new.dat old.dat
	done
	mc-plot curves old.log -y links-share -o old.svg --emit
	[ "$(tail -n 1 old.dat)" = "1000 0.5" ]
}

@test "the share of edges has no curve where there are none" {
	log a.log edges=0
	run mc-plot curves a.log -y edge-share
	[ "$status" -eq 65 ]
	[[ "$output" == "mc-plot: no episode with an edge in these logs"* ]]
	log b.log method=full
	mc-plot curves a.log b.log -y edge-share -o fig.svg --emit
	[ "$(grep -c '^#' fig.dat)" -eq 1 ]
	# the line is there, not only its entry in the legend
	grep -q "title 'full'" fig.gp
	run gnuplot fig.gp
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "a run that lacks the series is passed over, wherever it stands" {
	log a.log without=metric
	log b.log seed=2
	mc-plot curves a.log b.log -y loss -o one.svg --emit
	[ "$(grep -c '^#' one.dat)" -eq 1 ]
	mc-plot curves b.log a.log -y loss -o two.svg --emit
	cmp one.dat two.dat
}

@test "--by tells curves apart by an entry of the header" {
	log a.log K=5
	log b.log K=10
	run mc-plot curves a.log b.log --by meta_k
	[ "$status" -eq 0 ]
	[[ "$output" == *"meta meta_k=5 "*"meta meta_k=10 "* ]]
	run mc-plot curves a.log b.log --by mc-metalearn.beta,meta_k
	[ "$status" -eq 0 ]
	[[ "$output" == *"meta beta=0.01 meta_k=5 "* ]]
}

@test "a log still being written is drawn as far as it goes" {
	log a.log end=0
	run --separate-stderr mc-plot curves a.log
	[ "$status" -eq 0 ]
	[ "$stderr" = "mc-plot: a.log: still running, or cut, at $(stat -c %s a.log)" ]
	[[ "$output" == *"   meta @@@@@"* ]]
	log b.log
	head -c 3000 b.log >cut.log
	run --separate-stderr mc-plot curves cut.log
	[ "$status" -eq 0 ]
	[[ "$stderr" == "mc-plot: cut.log: still running, or cut, at 2"* ]]
}

@test "a log without an episode yet is not a picture" {
	log a.log episodes=0 end=0
	run mc-plot curves a.log
	[ "$status" -eq 65 ]
	[[ "${lines[1]}" == "mc-plot: no episode in these logs"* ]]
}

@test "a log that cannot be opened" {
	run mc-plot curves none.log
	[ "$status" -eq 66 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == "mc-plot: none.log: "* ]]
}

@test "what is not a stream is refused" {
	echo "hello, world" >text
	: >empty
	for f in text empty; do
		run mc-plot curves $f -o fig.svg
		[ "$status" -eq 65 ]
		[ "${#lines[@]}" -eq 1 ]
		[[ "$output" == "mc-plot: $f:"* ]]
	done
	[ ! -e fig.svg ]
}

@test "a checkpoint is not a log, and said to be one" {
	"$BATS_TEST_DIRNAME/make-ckpt.py" run.ckpt
	run mc-plot curves run.ckpt
	[ "$status" -eq 65 ]
	[ "$output" = "mc-plot: run.ckpt:0: is a checkpoint, not a run's log; mc-eval measures checkpoints" ]
}

@test "a damaged log is refused, not drawn in part" {
	log a.log
	printf '\377' | dd of=a.log bs=1 seek=2000 conv=notrunc 2>/dev/null
	run mc-plot curves a.log -o fig.svg
	[ "$status" -eq 65 ]
	[ ! -e fig.svg ]
}

@test "an unknown kind of picture, option or picture is misuse" {
	log a.log
	run mc-plot curves a.log -o fig.jpg
	[ "$status" -eq 64 ]
	[ "$output" = "mc-plot: fig.jpg: unknown kind of picture; end its name in .svg, .png or .pdf" ]
	run mc-plot curves a.log --windwo 3
	[ "$status" -eq 64 ]
	[[ "$output" == *"did you mean --window?" ]]
	run mc-plot curvs a.log
	[ "$status" -eq 64 ]
	[[ "$output" == *"there are: curves bars profile comm advantages pareto topology graph episode live" ]]
	run mc-plot
	[ "$status" -eq 64 ]
	run mc-plot curves a.log --emit
	[ "$status" -eq 64 ]
	run mc-plot curves a.log --band wide
	[ "$status" -eq 64 ]
}

@test "a picture that cannot be created leaves nothing" {
	log a.log
	run mc-plot curves a.log -o no/such/fig.svg
	[ "$status" -eq 73 ]
	mkdir dir.svg
	run mc-plot curves a.log -o dir.svg
	[ "$status" -eq 73 ]
	[ -z "$(ls dir.svg)" ]
	[ ! -e dir.svg.tmp ]
}

@test "messages name the file that was typed" {
	strace -qq -e inject=write:error=EIO:when=1 echo >/dev/null 2>&1 || [ $? -eq 1 ] || skip "strace cannot trace here"
	log a.log
	for call in fsync:error=EIO rename:error=EIO fsync:error=ENOSPC; do
		ASAN_OPTIONS=detect_leaks=0 run strace -qq -o trace -e trace=${call%:*} -e inject=$call:when=1 mc-plot curves a.log -o fig.svg
		grep -q INJECTED trace
		[ "$status" -eq 74 ]
		[[ "$output" == "mc-plot: fig.svg: "* ]]
		[[ "$output" != *.tmp* ]]
		[ -z "$(ls -A | grep tmp)" ]
	done
}

@test "no gnuplot is said, with its package" {
	log a.log
	mkdir empty
	mc=$(command -v mc-plot)
	PATH=$T/empty run "$mc" curves a.log -o fig.svg
	[ "$status" -eq 69 ]
	[ "$output" = "mc-plot: gnuplot: not found; install gnuplot-nox" ]
	[ ! -e fig.svg ]
}

@test "a gnuplot that fails is reported with its message, the old picture stands" {
	log a.log
	mkdir fake
	printf '#!/bin/sh\necho >&2; echo "line 3: no such terminal" >&2; exit 1\n' >fake/gnuplot
	chmod +x fake/gnuplot
	echo old >fig.svg
	PATH=$T/fake:$PATH run mc-plot curves a.log -o fig.svg
	[ "$status" -eq 74 ]
	[ "$output" = "mc-plot: gnuplot: failed: line 3: no such terminal" ]
	[ "$(cat fig.svg)" = old ]
	[ ! -e fig.svg.tmp ]
	printf '#!/bin/sh\nexit 0\n' >fake/gnuplot
	PATH=$T/fake:$PATH run mc-plot curves a.log -o fig.svg
	[ "$status" -eq 74 ]
	[ "$(cat fig.svg)" = old ]
}

@test "nothing of the user's gnuplot settings matters" {
	log a.log
	title="größer"
	for kind in svg png pdf; do
		mc-plot curves a.log --title "$title" -o plain.$kind
	done
	mc-plot curves a.log >plain.txt
	mkdir -p home/.config/gnuplot
	printf 'set print "pwned"; print 1\nset terminal dumb\nset output "pwned"\nset title "mine"\n' |
		tee home/.gnuplot >home/.config/gnuplot/gnuplotrc
	cp home/.gnuplot gnuplotrc
	for setting in GNUTERM=qt GNUTERM=x11 GNUTERM=wxt GNUTERM=aqua GNUTERM= GNUTERM=no_such 'GNUTERM=svg size 10,10' \
	    "GNUPLOT_DRIVER_DIR=$T" "GNUPLOT_LIB=$T" GNUPLOT_FONTPATH=nowhere GNUPLOT_DEFAULT_GDFONT=none GDFONTPATH=nowhere \
	    GNUPLOT_PS_DIR=nowhere GNUHELP=nowhere FIT_LOG=nowhere DISPLAY=:77 PANGOCAIRO_BACKEND=none COLUMNS=3 \
	    LC_ALL=no_SUCH LC_NUMERIC=de_DE.UTF-8 LC_ALL=C; do
		for kind in svg png pdf; do
			env HOME="$T/home" XDG_CONFIG_HOME="$T/home/.config" "$setting" \
				mc-plot curves a.log --title "$title" -o fig.$kind
			grep -av CreationDate fig.$kind >drawn
			grep -av CreationDate plain.$kind >expected
			cmp drawn expected
		done
		env HOME="$T/home" "$setting" mc-plot curves a.log >fig.txt
		cmp fig.txt plain.txt
	done
	[ ! -e pwned ]
}

@test "a read that fails is not a picture" {
	strace -qq -e inject=write:error=EIO:when=1 echo >/dev/null 2>&1 || [ $? -eq 1 ] || skip "strace cannot trace here"
	log a.log
	mc-plot curves a.log -o want.svg
	met=0
	for n in {1..40}; do
		rm -f fig.svg
		ASAN_OPTIONS=detect_leaks=0 run strace -qq -o trace -e trace=read -e inject=read:error=EIO:when=$n mc-plot curves a.log -o fig.svg
		grep -q INJECTED trace || break
		if [ "$status" -eq 0 ]; then
			cmp fig.svg want.svg
		else
			[ ! -e fig.svg ]
			[ "${#lines[@]}" -eq 1 ]
		fi
		[ "$status" -ne 74 ] || met=$((met + 1))
	done
	[ "$met" -ge 1 ]
}

@test "a full disk is an I/O error" {
	log a.log
	run bash -c 'mc-plot curves a.log >/dev/full'
	[ "$status" -eq 74 ]
	[[ "$output" == "mc-plot: <stdout>: "* ]]
}

@test "a reader that leaves early is not an error message" {
	log a.log
	run bash -c 'mc-plot curves a.log | head -n 1'
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == *"push_N3, episodic return" ]]
}

@test "text from a log or the command line cannot become gnuplot commands" {
	log a.log task='x`touch pwned`"' method="m'; system('touch pwned'); #"
	run mc-plot curves a.log -o fig.svg --title "t'.system('touch pwned').'"
	[ "$status" -eq 0 ]
	mc-plot curves a.log >/dev/null
	[ ! -e pwned ]
	log b.log task=$'a\nset output "pwned"\n\033[31m'
	mc-plot curves b.log >out
	[ ! -e pwned ]
	absent $'\033' out
}

@test "text may begin with apostrophes" {
	for text in "'" "''" "'''x'" "'; system('touch pwned'); #" "' . system('touch pwned') . '"; do
		log a.log task="$text" method="$text"
		mc-plot curves a.log -o a.svg --title "$text" --font "$text" --emit
		grep -qF ">$text<" a.svg
		gnuplot a.gp
		mc-plot curves a.log --title "$text" >/dev/null
		mc-plot bars a.log -o "$text.svg" --emit
		gnuplot "$text.gp"
	done
	[ ! -e pwned ]
}

@test "numbers that no axis has are refused; those that hardly differ have one" {
	for level in 1e101 -1e300; do
		log a.log level=$level
		for picture in curves "curves -o fig.svg" bars comm; do
			run -65 mc-plot $picture a.log
			[[ "$output" == "mc-plot: numbers from "*" to "*" cannot be drawn; "* ]]
		done
	done
	[ ! -e fig.svg ]
	for level in 1e99 1e20 1e15 -1e12; do
		log a.log level=$level
		mc-plot curves a.log -o fig.svg --emit
		gnuplot fig.gp
		mc-plot comm a.log >/dev/null
	done
}

@test "beyond ASCII: as it is in UTF-8, `?` elsewhere" {
	log a.log
	mc-plot curves a.log --title "größer" | grep -q größer
	LC_CTYPE=C mc-plot curves a.log --title "größer" | grep -q 'gr?.*er'
}

@test "help and version" {
	mc-plot --help | grep -q '^usage: mc-plot curves'
	mc-plot -V | grep -q '^mc-plot '
}

@test "the man page's examples run" {
	page=$BATS_TEST_DIRNAME/../man/mc-plot.1
	mandoc -Tlint -W warning "$page"
	mkdir runs
	for s in 1 2 3; do
		log runs/push_N3-meta-$s.log seed=$s
		log runs/push_N3-full-$s.log seed=$s method=full
	done
	cp runs/push_N3-meta-1.log run.log
	cp run.log one.log
	cp run.log other.log
	sed -n 's/^\.Dl \$ //p' "$page" | sed 's/\\-/-/g; s/\\e/\\/g' >examples
	[ "$(wc -l <examples)" -ge 3 ]
	while read -r line; do
		bash -c "$line"
	done <examples
	[ -s figure.svg ]
}
