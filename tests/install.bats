# make install and uninstall, into directories of the test.

setup() {
	cd "$BATS_TEST_TMPDIR"
	root=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
	unset MAKEFLAGS MFLAGS MAKELEVEL
}

# The variant under test, which is built already.
mk() {
	make -s -C "$root" B="$MC_BUILD" "$@"
}

@test "install puts every program, page, pipeline and header under DESTDIR PREFIX" {
	mk install DESTDIR="$PWD/stage" PREFIX=/opt/mc
	cd stage/opt/mc
	for source in "$root"/tools/*/mc-*.c; do
		name=$(basename "$source" .c)
		[ -x "bin/$name" ]
		"$MC_BIN/$name" --help-completion bash | cmp - "share/bash-completion/completions/$name"
		"$MC_BIN/$name" --help-completion zsh | cmp - "share/zsh/site-functions/_$name"
		"$MC_BIN/$name" --help-completion fish | cmp - "share/fish/vendor_completions.d/$name.fish"
	done
	grep -q predator_prey_N6_l6 share/bash-completion/completions/mc-train
	[ -s share/zsh/site-functions/_mc-train ]
	[ -s share/fish/vendor_completions.d/mc-train.fish ]
	[ -x bin/mc-train ]
	for page in "$root"/man/*.[157]; do
		cmp "$page" "share/man/man${page##*.}/$(basename "$page")"
	done
	for example in "$root"/examples/* "$root"/examples/python/*.py; do
		[ -d "$example" ] || cmp "$example" "share/metacomm/${example#"$root"/}"
	done
	for script in "$root"/pipelines/*; do
		cmp "$script" "share/metacomm/pipelines/$(basename "$script")"
		[ ! -x "$script" ] || [ -x "share/metacomm/pipelines/$(basename "$script")" ]
	done
	[ "$(ls include/metacomm)" = "$(sort "$root/lib/INTERFACE" | sed 's/$/.h/')" ]
	for header in include/metacomm/*; do
		cmp "$root"/lib/*/"${header##*/}" "$header"
	done
	[ -s lib/libmc.a ]
	grep -qx prefix=/opt/mc lib/pkgconfig/metacomm.pc
}

@test "nothing but what was installed goes with uninstall" {
	mkdir -p stage/usr/local/bin stage/usr/local/share/metacomm
	touch stage/usr/local/bin/other stage/usr/local/share/metacomm/mine
	(cd stage && find . ! -type d | sort) >before
	mk install DESTDIR="$PWD/stage"
	[ "$(find stage -type f | wc -l)" -gt 50 ]
	mk uninstall DESTDIR="$PWD/stage"
	(cd stage && find . ! -type d | sort) >after
	diff before after
	[ ! -e stage/usr/local/include/metacomm ]
	[ ! -e stage/usr/local/share/metacomm/pipelines ]
}

@test "uninstall leaves no file, and no directory of its own, wherever they were put" {
	set -- DESTDIR="$PWD/stage" PREFIX=/usr LIBDIR=/usr/lib/here ZSHDIR=/usr/share/zsh/vendor-completions
	mk install "$@"
	[ -s stage/usr/lib/here/libmc.a ]
	[ -s stage/usr/share/zsh/vendor-completions/_mc-rollout ]
	grep -qx 'libdir=${prefix}/lib/here' stage/usr/lib/here/pkgconfig/metacomm.pc
	mk uninstall "$@"
	[ -z "$(find stage ! -type d -o -name '*metacomm*')" ]
}

@test "what is installed trains, from any directory, without the source tree" {
	mk install PREFIX="$PWD/p"
	export PATH="$PWD/p/bin:$PATH"
	unset MC_BIN
	mkdir away && cd away
	mc-train -t push_N3 -e 22 -o push
	[ "$(mc-cat push/run.ckpt | jq .episode)" -eq 22 ]
	DEMO_DIR=made DEMO_EPISODES=22 "$BATS_TEST_TMPDIR/p/share/metacomm/pipelines/demo"
	[ -s made/learning-curve.svg ]
	mc-figures fig2 TASKS=push_N3 METHODS=full EPISODES=11 SEEDS=1
	[ -s out/fig2.svg ]
	# by its name alone, through another link
	ln -s ../p/bin/mc-figures there
	PATH=/usr/bin:/bin run ./there grid TASKS=push_N3 METHODS=none EPISODES=11 SEEDS=1
	[ "$status" -eq 0 ]
	[ -s out/grid.svg ]
}

@test "the launcher is called by its installed name" {
	mk install PREFIX="$PWD/p"
	run p/bin/mc-train -t push_N3 -m telepathy
	[ "$status" -eq 64 ]
	[[ "${lines[0]}" == 'mc-train: -m: unknown method "telepathy"'* ]]
	run p/bin/mc-train -h
	[ "$status" -eq 0 ]
	[[ "${lines[0]}" == 'usage: mc-train -t '* ]]
}

@test "a program can be built with the library as metacomm.pc says" {
	case $MC_BUILD in build/release* | build/portable*) ;; *) skip "a library with a sanitizer or coverage" ;; esac
	mk install PREFIX="$PWD/p"
	cat >x.c <<-'C'
	#include <metacomm/mc_task.h>
	#include <stdio.h>
	int main(void)
	{
		struct mc_err e = { 0 };
		struct mc_task t;

		if (mc_task_parse(&t, "push_N3", &e) < 0)
			return 1;
		printf("%s %d\n", t.name, t.obs_dim);
		return 0;
	}
	C
	# The file's variables are those of the shell.
	sed 's/: */=/; s/=\(.*\)/="\1"/' p/lib/pkgconfig/metacomm.pc >pc
	. ./pc
	cc $Cflags -o x x.c $Libs
	run ./x
	[ "$output" = "push_N3 12" ]
}

@test "every installed header compiles alone, as C and as C++, and declares C functions" {
	mk install PREFIX="$PWD/p"
	for header in p/include/metacomm/*.h; do
		name=${header##*/}
		echo "#include <metacomm/$name>" >"$name.c"
		cc -std=c11 -Wall -Wextra -Wpedantic -Werror -Ip/include -fsyntax-only "$name.c"
		c++ -std=c++11 -Wall -Wextra -Wpedantic -Werror -Ip/include -fsyntax-only -x c++ "$name.c"
		grep -q 'extern "C"' "$header" || ! grep -q '^[a-z].*(.*);' "$header"
	done
}

@test "a program in C++ is built with the library, and so is examples/act.c with what is installed alone" {
	case $MC_BUILD in build/release* | build/portable*) ;; *) skip "a library with a sanitizer or coverage" ;; esac
	mk install PREFIX="$PWD/p"
	sed 's/: */=/; s/=\(.*\)/="\1"/' p/lib/pkgconfig/metacomm.pc >pc
	. ./pc
	cat >x.cc <<-'CC'
	#include <metacomm/mc_ckpt.h>
	#include <metacomm/mc_task.h>
	#include <metacomm/mc_world.h>
	#include <cstdio>
	int main()
	{
		mc_err e = {};
		mc_task t;

		if (mc_task_parse(&t, "navigation_N6_l6", &e) < 0)
			return 1;
		const mc_env_dims is = mc_task_dims(&t);
		std::printf("%s %zu %zu\n", t.name, is.N, is.O);
		mc_ckpt c;
		mc_arena arena = {};
		mc_params policy;
		if (mc_ckpt_open(&c, "meta/run.ckpt", MC_FRAME_MAX, &e) < 0 || mc_ckpt_params(&c, "policy", &policy, &arena, &e) < 0)
			return 1;
		std::printf("%s %zu agents\n", c.header.task, c.header.dims.env.N);
		mc_ckpt_close(&c);
		mc_arena_free(&arena);
		return 0;
	}
	CC
	p/bin/mc-train -t push_N3 -e 11 -o meta -R '--hidden 8'
	c++ -std=c++11 -Wall -Wextra -Werror $Cflags -o x x.cc $Libs
	run ./x
	[ "${lines[0]}" = "navigation_N6_l6 6 26" ]
	[ "${lines[1]}" = "push_N3 3 agents" ]
	cc -Wall -Wextra -Werror $Cflags -o act "$root/examples/act.c" $Libs
	[ "$(seq 36 | ./act meta/run.ckpt | wc -l)" -eq 1 ]
}
