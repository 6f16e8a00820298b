# What the tests of mc-plot(1) share: load plot
bats_require_minimum_version 1.5.0

setup() {
	T=$BATS_TEST_TMPDIR
	PATH=$MC_BIN:$PATH
	unset LC_ALL
	export LC_CTYPE=C.UTF-8 MC_QUIET=1
	cd "$T"
}

log() {
	"$BATS_TEST_DIRNAME/make-logs.py" "$@"
}

# All that stands in a picture as text, on one line: a caption is broken somewhere.
texts() {
	sed -n 's/.*<text>\(.*\)<\/text>.*/\1/p' "$1" | tr '\n' ' '
}
