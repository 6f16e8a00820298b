# For tests that run the programs: these are in PATH, $train is mc-train of the sources, and each test
# begins in an empty directory. A file that needs more has a setup of its own, which begins with programs.
programs() {
	: "${MC_BIN:=$BATS_TEST_DIRNAME/../bin}"
	export MC_BIN
	PATH=$MC_BIN:$PATH
	train=$BATS_TEST_DIRNAME/../pipelines/train
	cd "$BATS_TEST_TMPDIR" || return
}

setup() {
	programs
}
