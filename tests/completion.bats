# Completions for shells, and the page's list: the same option table as --help.

setup_file() {
	cd "$BATS_FILE_TMPDIR"
	root=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
	mkdir bash zsh fish
	for program in "$root"/tools/*/mc-*.c; do
		name=$(basename "$program" .c)
		"$MC_BIN/$name" --help-completion bash >"bash/$name"
		"$MC_BIN/$name" --help-completion zsh >"zsh/_$name"
		"$MC_BIN/$name" --help-completion fish >"fish/$name.fish"
	done
	for script in train figures; do
		"$root/pipelines/$script" -h >"usage-$script"
		for shell in bash/ zsh/_ fish/; do
			file=${shell}mc-$script
			[ $shell != fish/ ] || file=$file.fish
			TASKS='push_N3 push_N6' "$root/packaging/usage-completion" "mc-$script" "${shell%%/*}" <"usage-$script" >"$file"
		done
	done
}

setup() {
	cd "$BATS_FILE_TMPDIR"
}

# What bash offers at the end of a command line, one a line.
offers() {
	bash --norc -c '
		source "bash/$1"
		function=$(complete -p "$1") && function=${function#*-F } && function=${function%% *}
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		$function "$1" "${@: -1}" "${@: -2:1}"
		printf "%s\n" "${COMPREPLY[@]}"' offers "$@" | sort
}

# Programs print their own completions; launchers are scripts.
programs() {
	for file in bash/mc-*; do
		name=$(basename "$file")
		[ ! -x "$MC_BIN/$name" ] || [ "$name" = mc-train ] || echo "$name"
	done
}

help_options() {
	"$1" --help | sed -n 's/^  \(-.\), \(--[a-z0-9-]*\).*/\1\n\2/p; s/^  \(-[A-Za-z0-9]\)\( .*\)*$/\1/p; s/^      \(--[a-z0-9-]*\).*/\1/p' | sort
}

@test "bash completes --ver of every program" {
	[ "$(programs | wc -l)" -eq 7 ]
	for name in $(programs); do
		run offers "$name" --ver
		[[ "$output" == *--version ]]
		[ "$name" = mc-cat ] || [ "$output" = --version ]
	done
	run offers mc-cat --ver
	[ "$output" = "--verify
--version" ]
}

@test "bash offers the options of --help, no more and no less" {
	for name in $(programs); do
		help_options "$MC_BIN/$name" >help
		[ "$(wc -l <help)" -gt 4 ]
		offers "$name" - | diff help -
	done
}

@test "bash completes what a value may be" {
	run offers mc-rollout --comm ''
	[ "$output" = "full
learned
none" ]
	run offers mc-rollout --comm f
	[ "$output" = full ]
	run offers mc-rollout -t push_
	[ "${lines[0]}" = push_N3 ]
	run offers mc-eval --comm d
	[ "$output" = drop= ]
}

@test "bash completes a value behind =" {
	run offers mc-rollout --comm = le
	[ "$output" = learned ]
	run offers mc-rollout --comm =
	[ "${#lines[@]}" -eq 3 ]
}

@test "bash completes files where there may be files, with blanks in their names" {
	mkdir -p files && cd files
	touch 'a run.ckpt' 'a run.log'
	ln -sfn ../bash bash
	run offers mc-cat 'a r'
	[ "$output" = "a run.ckpt
a run.log" ]
	run offers mc-rollout -c 'a run.c'
	[ "$output" = "a run.ckpt" ]
	run offers mc-rollout -e ''
	[ -z "$output" ]
}

@test "bash completes the first word of mc-plot" {
	run offers mc-plot cu
	[ "$output" = curves ]
	[ "$(offers mc-plot '' | wc -l)" -ge 3 ]
}

@test "bash completes mc-train" {
	run offers mc-train -m ''
	[ "$output" = "full
meta
none
reinforce
stgs" ]
	run offers mc-train -t push_N
	[ "${#lines[@]}" -eq 2 ]
	sed -n 's/^  \(-[A-Za-z]\) .*/\1/p' usage-train | sort >help
	[ "$(wc -l <help)" -ge 8 ]
	offers mc-train - | diff help -
}

@test "bash completes mc-figures: the figure, then variables and what they may be" {
	run offers mc-figures fig
	[ "$(echo $output)" = "fig2 fig3 fig4 fig5" ]
	run offers mc-figures pareto METH
	[ "$output" = METHODS= ]
	sed -n 's/^  \([A-Z][A-Z_, ]*[A-Z]\)\(  .*\)*$/\1/p' usage-figures | tr -s ', ' '\n' | sed 's/$/=/' | sort >variables
	[ "$(wc -l <variables)" -ge 14 ]
	offers mc-figures fig2 JOBS = 2 '' | diff variables -
	run offers mc-figures fig2 ENGINE =
	[ "$(echo $output)" = "local parallel slurm" ]
	run offers mc-figures fig2 DEVICE = cu
	[ "$output" = cuda ]
	run offers mc-figures fig2 TASKS = push_N
	[ "$(echo $output)" = "push_N3 push_N6" ]
	run offers mc-figures fig2 EPISODES =
	[ -z "$output" ]
	grep -q ENGINE=slurm zsh/_mc-figures
	grep -q ENGINE=slurm fish/mc-figures.fish
}

@test "bash reads the files in its strictest mode" {
	for file in bash/*; do
		bash --norc -euo pipefail "$file"
	done
}

@test "zsh and fish get the same options" {
	for name in $(programs); do
		help_options "$MC_BIN/$name" >help
		# '(-t --type)'{-t+,--type=}'[...  or  '--full[...
		sed -n "s/^	'(\(-.\) \(--[a-z0-9-]*\))'.*/\1\n\2/p; s/^	'\(-[-a-zA-Z0-9]*\)[+=]*\[.*/\1/p" "zsh/_$name" | sort | diff help -
		sed -n 's/^complete -c [a-z-]*\( -s \(.\)\)*\( -l \([a-z0-9-]*\)\)*.*/-\2\n--\4/p' "fish/$name.fish" |
			grep -vx -e - -e -- | sort | diff help -
	done
}

@test "zsh accepts the files" {
	command -v zsh >/dev/null || skip "no zsh(1)"
	for file in zsh/_*; do
		zsh -n "$file"
	done
}

@test "fish accepts the files, and completes" {
	command -v fish >/dev/null || skip "no fish(1)"
	for file in fish/*; do
		fish -n "$file"
	done
	run env HOME="$PWD" fish --no-config -c 'source fish/mc-rollout.fish; complete -C "mc-rollout --comm f"'
	[[ "$output" == full* ]]
}

@test "a shell that nobody knows is refused" {
	run "$MC_BIN/mc-cat" --help-completion csh
	[ "$status" -eq 64 ]
	[ "$output" = 'mc-cat: --help-completion: "csh" is not bash, zsh or fish' ]
	run "$MC_BIN/mc-cat" --help-completion
	[ "$status" -eq 64 ]
	[[ "$output" == "mc-cat: --help-completion: this option needs an argument"* ]]
}

@test "--help-mdoc is a list that mandoc accepts, with the options of --help" {
	for program in "$MC_BIN"/mc-*; do
		name=$(basename "$program")
		[ -e "$BATS_TEST_DIRNAME/../tools/${name#mc-}/$name.c" ] || continue
		{
			printf '.Dd January 1, 2026\n.Dt X 1\n.Os\n.Sh NAME\n.Nm x\n.Nd x\n.Sh OPTIONS\n'
			"$program" --help-mdoc
		} >page.1
		run mandoc -Tlint -W warning page.1
		echo "$name: $output"
		[ "$status" -eq 0 ]
		help_options "$program" >help
		sed -n '/^\.It Fl /{s/\\-/-/g;s/ -/ --/g;s/Fl --/Fl -/g;p}' page.1 | grep -o 'Fl [^ ]*' | sed 's/Fl /-/' | sort | diff help -
	done
}

@test "help, version and completions to a full disk are 74" {
	for program in "$MC_BIN"/mc-*; do
		ls "$BATS_TEST_DIRNAME/../tools"/*/"$(basename "$program").c" >/dev/null 2>&1 || continue
		for option in --help --version --help-mdoc '--help-completion bash'; do
			run bash -c "'$program' $option >/dev/full"
			[ "$status" -eq 74 ]
			[ "${#lines[@]}" -eq 1 ]
		done
	done
}

@test "every program tells its version, the launchers too" {
	for program in "$MC_BIN"/mc-*; do
		ls "$BATS_TEST_DIRNAME/../tools"/*/"$(basename "$program").c" >/dev/null 2>&1 || continue
		for option in --version -V; do
			run "$program" $option
			[ "$status" -eq 0 ]
			[[ "${lines[0]}" =~ ^$(basename "$program")\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
		done
	done
	for launcher in train figures; do
		for option in --version -V; do
			run "$BATS_TEST_DIRNAME/../pipelines/$launcher" $option
			[ "$status" -eq 0 ]
			[[ "${lines[0]}" =~ ^$launcher\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
		done
	done
}
