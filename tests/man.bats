# The manual: pages that mandoc accepts, that agree with --help, and whose examples work.

setup_file() {
	root=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
	export root PATH="$MC_BIN:$BATS_FILE_TMPDIR/path:$PATH" MC_BIN
	# The launcher under its installed name.
	mkdir -p "$BATS_FILE_TMPDIR/path"
	ln -s "$root/pipelines/train" "$BATS_FILE_TMPDIR/path/mc-train"
	ln -s "$root/pipelines/figures" "$BATS_FILE_TMPDIR/path/mc-figures"
	# What the examples take for granted: a trained team and some runs to compare.
	cd "$BATS_FILE_TMPDIR"
	for method in full meta; do
		mc-train -t navigation_N3_l3 -m $method -e 40 -o $method -R '--keep 0'
	done
	mkdir given given/runs
	for method in full meta; do
		cp $method/run.ckpt given/runs/navigation_N3_l3-$method-1.ckpt
		cp $method/run.log given/runs/navigation_N3_l3-$method-1.log
	done
	cp meta/run.ckpt meta/run-0.ckpt meta/run.log given/
	mkdir given/backup
	cp meta/run.ckpt given/backup/
	cp meta/run.log given/one.log
	cp meta/run.log given/other.log
}

setup() {
	cd "$BATS_TEST_TMPDIR"
}

# The examples of a page, in a directory of their own; what failed is the last line that is shown.
examples() {
	cp -r "$BATS_FILE_TMPDIR/given/." .
	"$root/tests/page-commands" "$root/man/$1" >commands
	[ -s commands ]
	bash -e -x -o pipefail commands >out 2>&1 </dev/null && status=0 || status=$?
	[ "$status" -eq 0 ] || { tail -n 20 out; return 1; }
}

# Long and short options as --help lists them, one a line.
help_options() {
	"$1" --help | sed -n 's/^  \(-.\), \(--[a-z0-9-]*\).*/\1\n\2/p; s/^  \(-[A-Za-z0-9]\)\( .*\)*$/\1/p; s/^      \(--[a-z0-9-]*\).*/\1/p' | sort
}

# The same of a page: its .It Fl lines.
page_options() {
	sed -n '/^\.It Fl /{s/\\-/-/g;s/ -/ --/g;s/Fl --/Fl -/g;p}' "$1" |
		grep -o 'Fl [^ ]*' | sed 's/Fl /-/' | sort
}

@test "mandoc has nothing to say about any page" {
	run mandoc -Tlint -W warning "$root"/man/*.[157]
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "every page fits into 80 columns, as groff sets it for man(1)" {
	for page in "$root"/man/*.[157]; do
		run groff -mandoc -Tutf8 -rLL=78n -ww -z "$page"
		echo "$(basename "$page"): $output"
		[ "$status" -eq 0 ]
		[ -z "$output" ]
	done
}

@test "options have two dashes or a letter, and words that are none have no dash" {
	for page in "$root"/man/*.[157]; do
		mandoc -Tascii -Owidth=200 "$page" | sed 's/.\x08//g' >text
		run grep -oE -e '(^|[ (])(---[a-z]+|-[a-z]{2,}([ ,.)]|$))' text
		echo "$(basename "$page"): $output"
		[ -z "$(grep -v -e '-framerate' -e '-inf' <<<"$output")" ] # ffmpeg's, and a number
	done
}

@test "every program has a page" {
	for program in "$root"/tools/*/mc-*.c; do
		[ -e "$root/man/$(basename "$program" .c).1" ]
	done
}

@test "every page tells its exit status and shows examples" {
	for page in "$root"/man/*.1 "$root"/man/metacomm.7; do
		grep -qx '\.Sh EXIT STATUS' "$page"
		grep -qx '\.Sh EXAMPLES' "$page"
	done
}

@test "pages refer to pages of ours that exist" {
	for ref in $(sed -n 's/^\.Xr \(m[a-z-]*\) \([157]\).*/\1.\2/p' "$root"/man/*.[157] | grep -E '^(mc-|metacomm)' | sort -u); do
		echo "$ref"
		[ -e "$root/man/$ref" ]
	done
}

@test "every option of --help is in the page, and the other way round" {
	for program in "$root"/tools/*/mc-*.c; do
		name=$(basename "$program" .c)
		help_options "$name" >"$name.help"
		page_options "$root/man/$name.1" >"$name.page"
		[ "$(wc -l <"$name.help")" -gt 4 ]
		diff "$name.help" "$name.page"
	done
}

@test "the launcher's options are in its page" {
	mc-train -h | sed -n 's/^  \(-[A-Za-z]\) .*/\1/p' | sort >help
	page_options "$root/man/mc-train.1" | grep -x -e '-[A-Za-z]' | grep -vx -e -h -e -V >page
	[ "$(wc -l <help)" -eq 10 ]
	diff help page
	mc-train -h | sed -n 's/^Long forms: \([^.]*\)\..*/\1/p' | tr -d ' ' | tr ',' '\n' | sort >help
	page_options "$root/man/mc-train.1" | grep -e '^--' | grep -vx -e --help -e --version >page
	[ "$(wc -l <help)" -eq 7 ]
	diff help page
}

@test "defaults in the pages are those of --help" {
	for program in "$root"/tools/*/mc-*.c; do
		name=$(basename "$program" .c)
		"$root/tests/page-defaults" "$name" "$root/man/$name.1"
	done
}

@test "exit statuses in the pages are those of the table in metacomm(7)" {
	statuses() {
		mandoc -Tascii -Owidth=200 "$1" | sed 's/.\x08//g' |
			sed -n '/^EXIT STATUS/,/^[A-Z]* *$/s/^     \([0-9][0-9]*\) .*/\1/p' | sort -u
	}
	statuses "$root/man/metacomm.7" >table
	[ "$(wc -l <table)" -eq 12 ]
	for page in "$root"/man/*.1; do
		statuses "$page" >page
		[ -s page ]
		[ -z "$(comm -13 table page)" ]
	done
}

# The programs in mc-frame(5) are those of python.bats.
@test "every page's examples are executed below" {
	for page in "$root"/man/*.1 "$root"/man/metacomm.7; do
		[ -n "$("$root/tests/page-commands" "$page")" ]
		grep -q "examples $(basename "$page")\$" "$BATS_TEST_FILENAME"
	done
}

@test "examples of mc-cat(1)" {
	examples mc-cat.1
}

@test "examples of mc-critic(1)" {
	examples mc-critic.1
}

@test "examples of mc-envsim(1)" {
	examples mc-envsim.1
}

@test "examples of mc-eval(1)" {
	examples mc-eval.1
}

@test "examples of mc-figures(1)" {
	FIGURE_EPISODES=50 examples mc-figures.1
}

@test "examples of mc-metalearn(1)" {
	examples mc-metalearn.1
}

@test "examples of mc-plot(1)" {
	examples mc-plot.1
}

@test "examples of mc-rollout(1)" {
	examples mc-rollout.1
}

@test "examples of mc-train(1)" {
	examples mc-train.1
}

@test "examples of metacomm(7)" {
	examples metacomm.7
}

@test "examples of metacomm-extending(7)" {
	cp "$root/examples/hints.py" "$root/examples/python/gate.py" .
	PATH=$PATH:/usr/bin
	mkdir python-first
	ln -s /usr/bin/python3 python-first/python3 # the one with numpy
	PATH=$PWD/python-first:$PATH PYTHONPATH=$root/examples/python examples metacomm-extending.7
}

@test "the method that metacomm-extending(7) shows" {
	{ sed -n '/^\.\\" first.py/,/^\.Ed/p' "$root/man/metacomm-extending.7" | sed '1,2d;$d'; } >first.py
	chmod +x first.py
	mkdir python-first
	ln -s /usr/bin/python3 python-first/python3
	PATH=$PWD/python-first:$PATH PYTHONPATH=$root/examples/python mc-train -t navigation_N6_l6 -m ./first.py -M 2 -e 12 -o f -R '--hidden 8' -Q '--threads 1'
	mc-eval -n 10 --json f/run.ckpt | jq -e '.method == "first-k" and .requests_per_step == 12 and .edge_rate_pair[5] == [1,1,0,0,0,null]'
}

@test "the maps of equations name files, functions and options that exist" {
	root=$BATS_TEST_DIRNAME/..
	sed -n 's/.* Ta Pa \([^ ]*\) Ta Fn \([a-z_]*\).*/\1 \2/p' "$root/man/metacomm-learning.7" >named
	sed -n 's/^  [a-z0-9., ]* \([a-z]*\/mc_[a-z_]*\.c\)  *\([a-z_]*\).*/\1 \2/p' "$root/lib/README" >>named
	[ "$(wc -l <named)" -ge 20 ]
	while read -r file function; do
		grep -q "^[a-z].*\b$function(" "$root/lib/$file"
	done <named
	sed -n 's/.* Ta Xr \(mc-[a-z]*\) 1 Ta Fl \(.*\)/\1 \2/p' "$root/man/metacomm-learning.7" >options
	[ "$(wc -l <options)" -ge 7 ]
	while read -r program list; do
		"$MC_BIN/$program" --help >help
		for option in ${list//,/}; do
			grep -q -- "-$option\b" help
		done
	done <options
}
