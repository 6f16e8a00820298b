# One run, whatever compiler built the programs, and for whatever CPU: on one machine the
# bytes are the same.
bats_require_minimum_version 1.5.0

setup() {
	: "${MC_BIN:=$BATS_TEST_DIRNAME/../bin}"
	root=$BATS_TEST_DIRNAME/..
	cd "$BATS_TEST_TMPDIR"
}

# Short runs of the programs in $1, left in $2: every kind of net, contacts, and trained prey.
runs() {
	for method in full meta stgs; do
		PATH=$1:$PATH "$root/pipelines/train" -t predator_prey_N3_l3 -m "$method" -s 1 -e 40 -o "$2/$method" \
			-R '--hidden 16 --prey auto' -Q '--batch 32 --threads 1'
	done
}

# The programs that training takes, as $@ (make's variables) has them built, are in $programs.
build() {
	case $* in
	*CC=*) programs=$root/build/portable-${1#CC=}/bin ;;
	*) programs=$root/build/portable/bin ;;
	esac
	(cd "$root" && env -u MAKEFLAGS -u MAKELEVEL make -s -j "$(nproc)" PORTABLE=1 "$@" \
		"${programs#"$root"/}"/mc-{rollout,metalearn,critic})
}

# A build with the variables $@ makes the bytes of the one at hand.
same_bytes() {
	build "$@"
	runs "$MC_BIN" here
	runs "$programs" there
	for method in full meta stgs; do
		cmp here/$method/run.ckpt there/$method/run.ckpt
		cmp here/$method/run.log there/$method/run.log
	done
}

@test "a portable build makes the same bytes" {
	same_bytes
}

@test "a build by clang makes the same bytes" {
	command -v clang >/dev/null || skip "no clang"
	same_bytes CC=clang
}

@test "changed flags and versions and another Makefile rebuild; the same ones do not" {
	cp -r "$root"/{Makefile,lib,tools,tests} .
	object=build/release/lib/base/mc_text.o
	# Does make with these variables write the object again?
	remade() {
		before=$(stat -c %y $object)
		env -u MAKEFLAGS -u MAKELEVEL -u CC make -s "$@" $object
		[ "$(stat -c %y $object)" != "$before" ]
	}
	env -u MAKEFLAGS -u MAKELEVEL -u CC make -s $object
	run remade
	[ "$status" -eq 1 ]
	remade VERSION=9.9
	run remade VERSION=9.9
	[ "$status" -eq 1 ]
	remade CFLAGS=-g0
	remade
	echo '# a comment' >>Makefile
	remade
	run remade
	[ "$status" -eq 1 ]
}

# The kernels for 64-bit ARM, with their tests, from a cross-compiler, on an emulated CPU. Kernels are intrinsics:
# what the compiler itself would vectorise is left out, where gcc 12 dies of t_kernel.c.
@test "on ARM the kernels are NEON's, and pass their tests" {
	local cc=aarch64-linux-gnu-gcc emulator
	command -v $cc || skip "no $cc; make cross-deps installs it"
	emulator=$(command -v qemu-aarch64-static || command -v qemu-aarch64) || skip "no qemu-aarch64; make cross-deps installs it"
	local objects=(build/portable-$cc/{lib/math/mc_kernel{,_neon,_avx2,_avx512},lib/base/mc_rng,tests/t_kernel}.o)
	cd "$root"
	env -u MAKEFLAGS -u MAKELEVEL make -s PORTABLE=1 WERROR=1 CC=$cc CFLAGS='-fno-tree-vectorize -ffunction-sections' "${objects[@]}"
	$cc -static -Wl,--gc-sections -o "$BATS_TEST_TMPDIR/t_kernel" "${objects[@]}" -lm
	cd "$BATS_TEST_TMPDIR"
	"$emulator" ./t_kernel >out
	grep -qx '# NEON' out
	run -1 grep -q '^not ok' out
	run -1 grep -q SKIP out
	[ "$(grep -c '^ok' out)" -gt 150 ]
	[ "$(tail -n 1 out)" = "1..$(grep -c '^ok' out)" ]
}
