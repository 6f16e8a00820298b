# make dist and make deb.

setup_file() {
	command -v dpkg-deb >/dev/null || return 0
	root=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
	unset MAKEFLAGS MFLAGS MAKELEVEL
	# the variant under test, which is built already
	make -s -C "$root" B="$MC_BUILD" DEB="$BATS_FILE_TMPDIR/x.deb" DEB_ROOT="$BATS_FILE_TMPDIR/root" deb-built
}

setup() {
	root=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
	cd "$BATS_FILE_TMPDIR"
}

need_deb() {
	command -v dpkg-deb >/dev/null || skip "no dpkg-deb(1)"
}

@test "the Debian package says what it is and what it needs" {
	need_deb
	[ "$(dpkg-deb -f x.deb Package)" = metacomm ]
	[ "$(dpkg-deb -f x.deb Version)" = "$("$MC_BIN/mc-cat" -V | sed -n '1s/mc-cat //p')-1" ]
	[ "$(dpkg-deb -f x.deb Architecture)" = "$(dpkg --print-architecture)" ]
	dpkg-deb -f x.deb Depends | sed 's/ ([^)]*)//g; s/, /\n/g' >depends
	for package in 'libc6(\.1)?' 'libmsgpack-?c2' zlib1g 'libopenblas0-pthread \| libopenblas0'; do
		grep -Eqx "$package" depends
		grep -Evx "$package" depends >rest || true
		mv rest depends
	done
	# sanitizers have libraries of their own
	case $MC_BUILD in build/release* | build/portable*) [ ! -s depends ] ;; esac
}

@test "it holds programs, pages, completions where Debian looks, and who may use it" {
	need_deb
	dpkg-deb --fsys-tarfile x.deb | tar -t >list
	for file in bin/mc-rollout bin/mc-train bin/mc-figures share/man/man1/mc-rollout.1.gz share/man/man7/metacomm.7.gz \
		share/bash-completion/completions/mc-rollout share/zsh/vendor-completions/_mc-rollout \
		share/fish/vendor_completions.d/mc-rollout.fish share/doc/metacomm/copyright \
		share/doc/metacomm/changelog.Debian.gz include/metacomm/mc_task.h \
		"lib/$(cc -print-multiarch)/pkgconfig/metacomm.pc" "lib/$(cc -print-multiarch)/libmc.a"; do
		grep -qx "./usr/$file" list
	done
	[ "$(grep -v -e '^./usr/' -e '^./$' list | wc -l)" -eq 0 ]
	[ "$(dpkg-deb -c x.deb | awk '$2 != "root/root"' | wc -l)" -eq 0 ]
}

@test "unpacked, it is what its sums say, and runs" {
	need_deb
	dpkg-deb -R x.deb unpacked
	(cd unpacked && md5sum --quiet -c DEBIAN/md5sums)
	case $MC_BUILD in build/release* | build/portable*) ;; *) skip "a build with a sanitizer or coverage" ;; esac
	env -u MC_BIN PATH="$PWD/unpacked/usr/bin:$PATH" mc-train -t push_N3 -m none -e 20 -o push -R '--hidden 4'
	unpacked/usr/bin/mc-cat --verify push/run.ckpt
	env -u MC_BIN PATH="$PWD/unpacked/usr/bin:$PATH" mc-figures fig2 TASKS=push_N3 METHODS=none EPISODES=11 SEEDS=1
	[ -s out/fig2.svg ]
}

@test "the package can be made in a directory with blanks in its name" {
	need_deb
	make -s -C "$root" B="$MC_BUILD" install DESTDIR="$PWD/stage" PREFIX=/usr LIBDIR="/usr/lib/$(cc -print-multiarch)" \
		ZSHDIR=/usr/share/zsh/vendor-completions PYTHONDIR=/usr/lib/python3/dist-packages
	mv stage 'a stage'
	version=$(dpkg-deb -f x.deb Version) made=$PWD
	(cd "$root" && packaging/make-deb "$made/a stage" "${version%-1}" "$made/y.deb")
	cmp x.deb y.deb
}

@test "make dist is what git has, the same bytes each time" {
	git -C "$root" rev-parse HEAD >/dev/null 2>&1 || skip "no clone"
	make -s -C "$root" DIST="$PWD/1.tar.gz" dist
	make -s -C "$root" DIST="$PWD/2.tar.gz" dist
	cmp 1.tar.gz 2.tar.gz
	tar -tzf 1.tar.gz | grep -v '/$' | sed 's|^[^/]*/||' | sort >in
	git -C "$root" ls-tree -r --name-only HEAD | sort | diff in -
}

@test "Python finds metacomm.py where the package puts it" {
	need_deb
	dpkg-deb -c x.deb | grep -q ' \./usr/lib/python3/dist-packages/metacomm.py$'
	dpkg-deb --fsys-tarfile x.deb | tar -xO ./usr/lib/python3/dist-packages/metacomm.py | cmp - "$root/examples/python/metacomm.py"
}
