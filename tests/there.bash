# What a test compares must be there: two paths of jq that are both null are equal, and so are the
# outputs of two commands that crash.

# The output of a command; where it fails, or gives nothing but null, something that is equal to
# nothing else.
there() {
	local out status=0

	out=$("$@") || status=$?
	# not by the shell's own patterns, which take minutes over the parameters of a net
	if [ "$status" -ne 0 ] || [ -z "$(printf '%s' "$out" | tr -d '][{}, \n' | sed 's/null//g')" ]; then
		echo "nothing ($BASHPID $RANDOM): $*" | tee /dev/stderr
		return 1
	fi
	printf '%s\n' "$out"
}

# Two files that are both there differ.
differ() {
	local status=0

	cmp -s "$1" "$2" || status=$?
	[ "$status" -eq 1 ]
}
