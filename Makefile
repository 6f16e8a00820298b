# metacomm: one Makefile, not recursive but for the second scalar type of a variant.
# `make help` lists the targets.

VERSION := 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=

# ---- variants: a build directory for each, so that flags never mix ----
VARIANT := release
OPT := -O3 -fno-math-errno
XFLAGS :=
ARCH := -march=native
ifdef PORTABLE                    # packages: no instructions of this machine alone
VARIANT := portable
ARCH :=
endif
comma := ,
ifdef SANITIZE                    # make SANITIZE=address,undefined check
VARIANT := san-$(subst $(comma),-,$(SANITIZE))
OPT := -O1
XFLAGS += -fno-omit-frame-pointer -fsanitize=$(SANITIZE) -fno-sanitize-recover=all
endif
ifdef COVERAGE
VARIANT := coverage
OPT := -O1
XFLAGS += --coverage
endif
ifneq ($(origin CC),default)      # a compiler that was asked for gets a directory of its own
VARIANT := $(VARIANT)-$(notdir $(CC))
endif
ifdef CUDA                        # the learner on a GPU, too: mc-critic --device cuda
VARIANT := $(VARIANT)-cuda
endif
ifdef WERROR
XFLAGS += -Werror
endif

B := build/$(VARIANT)
D := $B-double

# -Wpedantic stays out of the way of zlib's and msgpack's headers, which are system headers.
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes -Wmissing-prototypes
CPPFLAGS += -D_GNU_SOURCE -DMC_VERSION='"$(VERSION)"' \
	$(patsubst %/,-I%,$(sort $(dir $(wildcard lib/*/*.h tools/*/*.h)))) -Itools -Itests
CFLAGS ?= -g
# a * b + c is two roundings in every build, so that all compilers make the same bytes.
NUMBERS := -ffp-contract=off
ALL_CFLAGS = -std=c11 $(WARN) $(OPT) $(NUMBERS) $(ARCH) $(XFLAGS) $(CFLAGS)
LDLIBS += -lmsgpackc -lz -lm -lpthread -ldl

# CUDA's compiler, where there is one. Code for sm_80 and sm_90, and for later GPUs to translate.
NVCC ?= $(realpath $(firstword $(shell command -v nvcc 2>/dev/null) $(wildcard /usr/local/cuda/bin/nvcc)))
CUDA_HOME ?= $(NVCC:%/bin/nvcc=%)
CUDA_ARCH ?= $(foreach a,80 90,-gencode arch=compute_$a,code=sm_$a) -gencode arch=compute_90,code=compute_90
CUDA_LIBS = -L$(CUDA_HOME)/lib64 -Wl,-rpath,$(CUDA_HOME)/lib64 -Wl,--as-needed -lcublas -lcudart_static -lstdc++ -lrt
compile-cuda = $(NVCC) -std=c++17 -O3 $(CPPFLAGS) $(CUDA_ARCH) -Xcompiler -Wall,-Wextra$(if $(WERROR),$(comma)-Werror) \
	-MMD -MP -MF $(@:.o=.d) -c -o $@ $<

# lib/ has rooms, in the order of lib/LAYERS; tools/ has a directory for each program: its main,
# mc-<program>.c, and what that program alone uses.
ROOMS := $(shell sed -n '/^[a-z]/p' lib/LAYERS)
LIB_SRC := $(wildcard $(ROOMS:%=lib/%/*.c))
MAINS := $(wildcard tools/*/mc-*.c)
TOOLS_SRC := $(filter-out $(MAINS),$(wildcard tools/*/*.c))
PROGRAMS := $(notdir $(MAINS:%.c=%))
TESTS := $(patsubst tests/%.c,%,$(wildcard tests/t_*.c))
# Tests that also run with mc_real = double.
TESTS_DOUBLE := $(filter t_fixtures t_gradient t_world t_dense t_mlp t_lstm t_meta t_critic t_policy t_team \
	t_baseline t_comm t_rule t_sweep t_device,$(TESTS))
ENGINES := tests/engines.bats
BATS := $(filter-out $(ENGINES),$(wildcard tests/*.bats))
# Faults: kills, failing calls, hostile input. Small here, large in `make torture`.
FAULTS := $(addprefix tests/,kill.py inject.py preload.py hostile.py)

.DELETE_ON_ERROR:
.SUFFIXES:

all: $(PROGRAMS:%=bin/%) bin/mc-train bin/mc-figures ## build the programs into bin/

# bin/ holds one variant; its name stands in bin/.variant, so that another one replaces it.
$(PROGRAMS:%=bin/%): bin/%: $B/bin/% bin/.variant
	cp $< $@.tmp && mv $@.tmp $@
bin/.variant: always
	@mkdir -p bin
	@echo '$B' | cmp -s - $@ || echo '$B' >$@
bin/mc-train: pipelines/train
	@mkdir -p bin
	cp $< $@.tmp && mv $@.tmp $@
# It needs what stands beside it: a link, as where it is installed.
bin/mc-figures: pipelines/figures
	@mkdir -p bin
	ln -sf ../$< $@

demo: ## train a small team, measure it and draw its curve, into demo/: about a minute, three to five with packages and a build
	@$(MAKE) -s --no-print-directory deps
	@packaging/moving building $(MAKE) -s -j "$$(pipelines/cpus)" --no-print-directory all
	@pipelines/demo

# What the objects were made with: they are made anew when any of it changes, or the Makefile.
FLAGS := $(shell $(CC) --version | head -n 1) $(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(LDFLAGS) $(LDLIBS) $(shell cksum <Makefile)
$B/.flags: always
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(FLAGS))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$(FLAGS))' >$@

$B/%.o: %.c $B/.flags
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
$D/%.o: %.c $B/.flags
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -DMC_DOUBLE $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

ifdef CUDA
LDLIBS += $(CUDA_LIBS)
$B/lib/device/mc_cuda.o: lib/device/mc_cuda.cu
	@mkdir -p $(@D)
	@[ -n '$(NVCC)' ] || { echo 'make: CUDA=1 needs nvcc, which is not in PATH' >&2; exit 1; }
	$(compile-cuda)
endif

# The library, and what tests need of the programs: that archive is not installed.
$B/libmc.a: $(LIB_SRC:%.c=$B/%.o)
$D/libmc.a: $(LIB_SRC:%.c=$D/%.o)
$B/libtools.a: $(TOOLS_SRC:%.c=$B/%.o)
$D/libtools.a: $(TOOLS_SRC:%.c=$D/%.o)
%.a:
	rm -f $@ && $(AR) rcs $@ $^

tool-objects = $(patsubst %.c,$B/%.o,$(wildcard tools/$(1)/*.c))
.SECONDEXPANSION:
$B/bin/mc-%: $$(call tool-objects,$$*) $B/libmc.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$B/tests/t_%: $B/tests/t_%.o $B/libtools.a $B/libmc.a
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LDLIBS)
# What makes calls fail, for the tests of faults (LD_PRELOAD).
$B/tests/libfault.so: tests/fault.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE $(WARN) -O1 -g -shared -fPIC -o $@ $<
BENCH := $(patsubst tests/%.c,%,$(wildcard tests/bench*.c))
$B/tests/bench: $(BENCH:%=$B/tests/%.o) $B/libtools.a $B/libmc.a
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
# What the checkers below must see.
$B/tests/control: tests/control.c
	@mkdir -p $(@D)
	$(CC) -std=c11 $(WARN) -O0 -g $(XFLAGS) -o $@ $<
$D/tests/t_%: $D/tests/t_%.o $D/libtools.a $D/libmc.a
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LDLIBS)

# This one makes allocations fail.
$B/tests/t_alloc: LDFLAGS += $(patsubst %,-Wl$(comma)--wrap=%,malloc calloc realloc aligned_alloc free)

# These compute on a device, or on what stands in for one.
ON_DEVICE := t_device t_fixtures
$(ON_DEVICE:%=$B/tests/%): $B/tests/device_host.o
$(ON_DEVICE:%=$D/tests/%): $D/tests/device_host.o

# A whole ring can have one, too.
$B/stand-in/mc-critic: $$(call tool-objects,critic) $B/tests/stand_in.o $B/tests/device_host.o $B/libmc.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# The checkers of golden values, a file for each owner.
FIXTURES := $(patsubst tests/%.c,%,$(wildcard tests/fixture*.c))
$B/tests/t_fixtures: $(FIXTURES:%=$B/tests/%.o)
$D/tests/t_fixtures: $(FIXTURES:%=$D/tests/%.o)
$B/cuda/t_fixtures: $(FIXTURES:%=$B/tests/%.o)

# ---- tests ----
TEST_BINS := $(TESTS:%=$B/tests/%) $(TESTS_DOUBLE:%=$D/tests/%)

check: check-deps ## install what the tests need, build, run every test
	@$(MAKE) --no-print-directory check-built

# What CUDA=1 adds, compiled and linked with the objects of this variant, where there is nvcc.
LINKED_CUDA := $(if $(NVCC),$B/cuda/mc-critic $(ON_DEVICE:%=$B/cuda/%))
$B/cuda/mc_cuda.o: lib/device/mc_cuda.cu
	@mkdir -p $(@D)
	$(compile-cuda)
$B/cuda/mc-critic: $$(call tool-objects,critic) $B/cuda/mc_cuda.o $B/libmc.a
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS) $(CUDA_LIBS)
$B/cuda/t_%: $B/tests/t_%.o $B/tests/device_host.o $B/cuda/mc_cuda.o $B/libtools.a $B/libmc.a
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LDLIBS) $(CUDA_LIBS)

CHECKS := $(TEST_BINS) $(BATS) $(FAULTS)
check-built: $(PROGRAMS:%=$B/bin/%) $(TEST_BINS) $B/tests/libfault.so $B/stand-in/mc-critic $(LINKED_CUDA) check-layers
	@MC_BIN='$(abspath $B/bin)' MC_BUILD='$B' tests/run $(CHECKS)

check-engines: check-deps engines-deps $(PROGRAMS:%=$B/bin/%) ## figures over ssh and under Slurm, both of the test's own, where machines die
	@MC_BIN='$(abspath $B/bin)' MC_BUILD='$B' tests/run $(ENGINES)

check-all: check-deps engines-deps cross-deps ## check and check-engines
	@$(MAKE) --no-print-directory CHECKS='$(CHECKS) $(ENGINES)' check-built

torture: $(PROGRAMS:%=$B/bin/%) $B/tests/libfault.so ## the tests of faults at length, about a quarter of an hour; their table is left in build/torture/
	$(call install-packages,$(DEPS_CHECK) $(DEPS_TORTURE))
	@MC_BIN='$(abspath $B/bin)' MC_BUILD='$B' tests/torture build/torture $(FAULTS) \
		$(foreach t,check-threads check-memory fuzz,'$(MAKE) -s --no-print-directory $t')

MUTANTS :=
mutants: check-deps ## break the code in 90 small ways and see whether the tests notice: about an hour; MUTANTS='3 mc_sweep' does some
	@tests/mutants $(MUTANTS)

HOURS := 1
soak: $(PROGRAMS:%=$B/bin/%) ## a run of HOURS=1 with kills inside: does anything grow?
	@MC_BIN='$(abspath $B/bin)' MC_BUILD='$B' tests/soak.py $(HOURS)

# Fuzzing, by libFuzzer with sanitizers. Each target also with checksums that are repaired after
# every mutation, where there are any. What is found lies in build/fuzz/found; it belongs into
# tests/data/hostile, under a name that begins with fuzz-.
SECONDS := 60
FUZZ := fuzz_frame fuzz_frame_repair fuzz_ckpt fuzz_ckpt_repair fuzz_task fuzz_opts

fuzz: ## fuzz every target for SECONDS=60 each
	$(call install-packages,$(DEPS_TORTURE))
	@$(MAKE) -s -j "$$(pipelines/cpus)" --no-print-directory CC=clang SANITIZE=fuzzer-no-link,address,undefined SECONDS=$(SECONDS) fuzz-built

# Clang takes minutes to instrument these, and no target reaches them.
ifneq ($(findstring fuzzer,$(SANITIZE)),)
$B/lib/math/mc_kernel_%.o: XFLAGS :=
endif
fuzz-built: $(FUZZ:%=$B/tests/%)
	@tests/fuzz $(SECONDS) $^
$B/tests/%_repair.o: tests/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -DFUZZ_REPAIR $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
$B/tests/fuzz_%: $B/tests/fuzz_%.o $B/libtools.a $B/libmc.a
	$(CC) $(ALL_CFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $^ $(LDLIBS)

# Checkers that watch short runs of every program, each in a build of its own.
check-threads: ## short runs of every program under ThreadSanitizer: minutes
	@$(MAKE) -s -j "$$(pipelines/cpus)" --no-print-directory SANITIZE=thread watch-thread
check-memory: ## short runs of every program under valgrind: minutes
	$(call install-packages,$(DEPS_TORTURE))
	@$(MAKE) -s -j "$$(pipelines/cpus)" --no-print-directory PORTABLE=1 watch-valgrind
watch-thread watch-valgrind: watch-%: $(PROGRAMS:%=$B/bin/%) $B/tests/control $B/tests/t_pool
	@MC_BIN='$(abspath $B/bin)' MC_BUILD='$B' tests/watched.py $*

gpu-built: $(PROGRAMS:%=$B/bin/%) $(ON_DEVICE:%=$B/tests/%) $B/tests/gpu_bench
$B/tests/gpu_bench: $B/tests/gpu_bench.o $B/tests/device_host.o $B/libtools.a $B/libmc.a
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

gpu: ## on a machine with a GPU: build with CUDA=1, test, measure
	@tests/gpu.sh

check-layers: ## a module includes only modules, a room only rooms, above it in lib/LAYERS; no word that was replaced
	@tests/layers
	@tests/words

check-fixtures: $B/tests/t_fixtures $D/tests/t_fixtures ## golden values alone, from MC_FIXTURES=DIR
	@tests/run $^

bench: $B/tests/bench $(PROGRAMS:%=$B/bin/%) ## how fast everything is: a table, left in build/bench.txt and .json
	@$< --bin '$B/bin' --out build

prey-weights: all ## train the prey of --prey auto anew, into lib/run/mc_prey_weights.c (half an hour)
	$(MAKE) -f pipelines/prey.mk MC_BIN=bin OUT=build/prey weights
	cp build/prey/mc_prey_weights.c lib/run/

rule-weights: all ## learn the rule of --eta auto anew, into lib/learn/mc_rule_weights.c (minutes)
	$(MAKE) -f pipelines/eta.mk MC_BIN=bin OUT=build/eta weights
	cp build/eta/mc_rule_weights.c lib/learn/

yardsticks: all ## measure again what the scripts of the tasks return, into lib/stat/mc_yardstick_table.c
	MC_BIN=bin pipelines/yardsticks >$B/mc_yardstick_table.c
	cp $B/mc_yardstick_table.c lib/stat/

# ---- figures ----
# Variables that are given on the command line are handed on; pipelines/figures -h lists them. It
# has jobs of its own: this make's stay out of the way.
FIGURE_VARIABLES := TASKS METHODS SWEEP LAMBDAS SEEDS EPISODES JOBS OUT ROLLOUT METALEARN CRITIC DEVICE \
	ENGINE HOSTS SBATCH_EXTRA $(filter ENV_%,$(.VARIABLES))
make-figure = @exec env MAKEFLAGS= pipelines/figures $@ \
	$(foreach v,$(FIGURE_VARIABLES),$(if $(filter command line,$(origin $v)),'$v=$(subst ','\'',$($v))'))

fig2: all ## learning curves; TASKS METHODS SEEDS EPISODES JOBS OUT
	$(make-figure)
fig3: all ## fixed rules
	$(make-figure)
fig4: all ## ablations, and the advantages of one episode
	$(make-figure)
fig5: all ## advantages of several episodes
	$(make-figure)
paper: all ## all four; pipelines/figures -h tells more
	$(make-figure)
pareto: all ## return against requests, of teams that pay for requests; LAMBDAS
	$(make-figure)
grid: all ## an experiment of your own; TASKS METHODS SWEEP, or pipelines/figures grid FILE
	$(make-figure)
report: all ## what came out of the runs that are done in OUT: a page and pictures, without training; TASKS METHODS SEEDS EPISODES JOBS
	$(make-figure)
rule: all ## pictures of metacomm-results(7), "does the rule pay", from the logs in examples/results; OUT
	@examples/results/rule/draw '$(or $(OUT),build/rule)'
results: all ## every picture and table of metacomm-results(7), from the data in examples/results; OUT
	@examples/results/draw '$(or $(OUT),build/results)'
.PHONY: fig2 fig3 fig4 fig5 paper pareto grid report rule results

# ---- packages ----
DEPS := gcc libc6-dev make libmsgpack-dev zlib1g-dev libopenblas0-pthread gnuplot-nox
DEPS_DEB := binutils dpkg-dev
DEPS_CHECK := $(DEPS) $(DEPS_DEB) bats mandoc groff-base strace python3 python3-msgpack python3-numpy jq datamash procps
DEPS_TORTURE := clang libclang-rt-14-dev valgrind
DEPS_CROSS := gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static
DEPS_ENGINES := parallel openssh-client openssh-server slurmctld slurmd slurm-client

# Installs those of the packages that are missing: apt-get on Debian and its kin, through
# sudo when not root; elsewhere the packages are named and make stops. $(2) stands before apt-get.
define install-packages
@missing=; for p in $(1); do \
	dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
if [ -z "$$missing" ]; then exit 0; fi; \
if ! command -v apt-get >/dev/null; then \
	echo "make: this is not a Debian system; please install the equivalents of:$$missing" >&2; exit 1; fi; \
sudo=; if [ "$$(id -u)" != 0 ]; then sudo=sudo; \
	command -v sudo >/dev/null || { echo "make: please install as root:$$missing" >&2; exit 1; }; fi; \
[ -z "$$sudo" ] || sudo -v; \
export DEBIAN_FRONTEND=noninteractive; \
packaging/moving "installing:$$missing" sh -c "$$sudo $(2) apt-get install -qq -y --no-install-recommends $$missing || \
{ $$sudo apt-get update -qq && $$sudo $(2) apt-get install -qq -y --no-install-recommends $$missing; }"
endef

deps: ## install the Debian packages that are missing
	$(call install-packages,$(DEPS))

check-deps:
	$(call install-packages,$(DEPS_CHECK))

# Where they cannot be installed the tests of engines are skipped.
engines-deps:
	-$(call install-packages,$(DEPS_ENGINES),tests/no-daemons)

# And without these that of the kernels for ARM.
cross-deps:
	-$(call install-packages,$(DEPS_CROSS))

# ---- completions: every program prints its own ----
C := build/completions
COMPLETIONS := $(foreach p,$(PROGRAMS) mc-train mc-figures,$C/bash/$p $C/zsh/_$p $C/fish/$p.fish)
completions = $(filter $C/$(1)/%,$(COMPLETIONS))

.PHONY: completions
completions: $(COMPLETIONS) ## completions for bash, zsh and fish, in build/completions/

$C/bash/mc-%: $B/bin/mc-%
	@mkdir -p $(@D)
	$< --help-completion bash >$@
$C/zsh/_mc-%: $B/bin/mc-%
	@mkdir -p $(@D)
	$< --help-completion zsh >$@
$C/fish/mc-%.fish: $B/bin/mc-%
	@mkdir -p $(@D)
	$< --help-completion fish >$@
# The launchers are scripts: theirs come from their usage.
usage-completion = pipelines/$(1) -h | \
	TASKS="$$($B/bin/mc-envsim --list | awk 'NR > 1 && !NF { exit } NR > 1 { print $$1 }' | xargs)" \
	packaging/usage-completion mc-$(1) $(notdir $(@D)) >$@
$C/bash/mc-train $C/zsh/_mc-train $C/fish/mc-train.fish: pipelines/train packaging/usage-completion $B/bin/mc-envsim
	@mkdir -p $(@D)
	$(call usage-completion,train)
$C/bash/mc-figures $C/zsh/_mc-figures $C/fish/mc-figures.fish: pipelines/figures packaging/usage-completion $B/bin/mc-envsim
	@mkdir -p $(@D)
	$(call usage-completion,figures)

# ---- installing ----
PAGES := $(wildcard man/*.[1-9])
# The interface of the library; the other headers are its own.
HEADERS := $(foreach m,$(shell cat lib/INTERFACE),$(wildcard $(ROOMS:%=lib/%/$m.h)))
PIPELINES := $(wildcard pipelines/*)
SOURCED := %.mk %.sh %.jq %.claims
EXAMPLES := $(filter-out examples/python examples/results,$(wildcard examples/*))
PYTHON_EXAMPLES := $(wildcard examples/python/*.py)
BINDIR := $(DESTDIR)$(PREFIX)/bin
INCDIR := $(DESTDIR)$(PREFIX)/include/metacomm
SHAREDIR := $(DESTDIR)$(PREFIX)/share/metacomm
MANDIR := $(DESTDIR)$(PREFIX)/share/man
BASHDIR := $(DESTDIR)$(PREFIX)/share/bash-completion/completions
FISHDIR := $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
# Debian's packages have these elsewhere.
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
LIBDIR ?= $(PREFIX)/lib
# Where Python finds metacomm.py; without it, it lies with the examples alone.
PYTHONDIR ?=
page = $(MANDIR)/man$(subst .,,$(suffix $(1)))/$(notdir $(1))

install: $(PROGRAMS:%=$B/bin/%) $B/libmc.a $(COMPLETIONS) ## programs, pages, completions, pipelines, examples and library into DESTDIR, PREFIX (/usr/local)
	install -d $(BINDIR) $(DESTDIR)$(LIBDIR)/pkgconfig $(INCDIR) $(SHAREDIR)/pipelines $(SHAREDIR)/examples \
		$(sort $(foreach p,$(PAGES),$(dir $(call page,$p))))
	install -m 755 $(PROGRAMS:%=$B/bin/%) $(BINDIR)
	install -m 755 pipelines/train $(BINDIR)/mc-train
	install -m 755 $(filter-out $(SOURCED),$(PIPELINES)) $(SHAREDIR)/pipelines
	install -m 644 $(filter $(SOURCED),$(PIPELINES)) $(SHAREDIR)/pipelines
	ln -sf ../share/metacomm/pipelines/figures $(BINDIR)/mc-figures
	install -m 644 LICENSE $(SHAREDIR)
	install -m 755 $(filter-out %.c,$(EXAMPLES)) $(SHAREDIR)/examples
	install -m 644 $(filter %.c,$(EXAMPLES)) $(SHAREDIR)/examples
	install -d $(SHAREDIR)/examples/python
	install -m 755 $(filter-out %/metacomm.py,$(PYTHON_EXAMPLES)) $(SHAREDIR)/examples/python
	install -m 644 examples/python/metacomm.py $(SHAREDIR)/examples/python
	$(if $(PYTHONDIR),install -d $(DESTDIR)$(PYTHONDIR) && install -m 644 examples/python/metacomm.py $(DESTDIR)$(PYTHONDIR))
	$(foreach p,$(PAGES),install -m 644 $p $(call page,$p) &&) true
	install -d $(BASHDIR) $(FISHDIR) $(DESTDIR)$(ZSHDIR)
	install -m 644 $(call completions,bash) $(BASHDIR)
	install -m 644 $(call completions,fish) $(FISHDIR)
	install -m 644 $(call completions,zsh) $(DESTDIR)$(ZSHDIR)
	install -m 644 $B/libmc.a $(DESTDIR)$(LIBDIR)
	install -m 644 $(HEADERS) $(INCDIR)
	printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$(LIBDIR:$(PREFIX)/%=$${prefix}/%)' 'includedir=$${prefix}/include' '' \
		'Name: metacomm' 'Description: learning whom to talk to' 'Version: $(VERSION)' \
		'Cflags: -I$${includedir}' 'Libs: -L$${libdir} -lmc $(LDLIBS)' >$(DESTDIR)$(LIBDIR)/pkgconfig/metacomm.pc

uninstall: ## remove what install put there
	rm -f $(PROGRAMS:%=$(BINDIR)/%) $(BINDIR)/mc-train $(BINDIR)/mc-figures $(foreach p,$(PAGES),$(call page,$p)) \
		$(DESTDIR)$(LIBDIR)/libmc.a $(DESTDIR)$(LIBDIR)/pkgconfig/metacomm.pc $(addprefix $(INCDIR)/,$(notdir $(HEADERS))) \
		$(PIPELINES:%=$(SHAREDIR)/%) $(EXAMPLES:%=$(SHAREDIR)/%) $(PYTHON_EXAMPLES:%=$(SHAREDIR)/%) \
		$(if $(PYTHONDIR),$(DESTDIR)$(PYTHONDIR)/metacomm.py) $(SHAREDIR)/LICENSE \
		$(addprefix $(BASHDIR)/,$(notdir $(call completions,bash))) \
		$(addprefix $(FISHDIR)/,$(notdir $(call completions,fish))) \
		$(addprefix $(DESTDIR)$(ZSHDIR)/,$(notdir $(call completions,zsh)))
	rmdir $(INCDIR) $(SHAREDIR)/pipelines $(SHAREDIR)/examples/python $(SHAREDIR)/examples $(SHAREDIR) 2>/dev/null || true

# ---- packages of our own ----
DIST := build/metacomm-$(VERSION).tar.gz
DEB_ROOT := build/deb
DEB = build/metacomm_$(VERSION)-1_$(shell dpkg --print-architecture).deb

dist: ## what git has of this commit, as build/metacomm-VERSION.tar.gz
	@mkdir -p $(dir $(DIST))
	git -c tar.tar.gz.command='gzip -9n' archive --format=tar.gz --prefix=metacomm-$(VERSION)/ -o $(DIST) HEAD

deb: ## a Debian package for any CPU of this kind, in build/
	$(call install-packages,$(DEPS) $(DEPS_DEB))
	@$(MAKE) -s -j "$$(pipelines/cpus)" --no-print-directory PORTABLE=1 deb-built

deb-built: $(PROGRAMS:%=$B/bin/%) $B/libmc.a $(COMPLETIONS)
	rm -rf $(DEB_ROOT)
	$(MAKE) -s --no-print-directory install DESTDIR=$(DEB_ROOT) PREFIX=/usr \
		LIBDIR=/usr/lib/$$($(CC) -print-multiarch) ZSHDIR=/usr/share/zsh/vendor-completions \
		PYTHONDIR=/usr/lib/python3/dist-packages
	packaging/make-deb $(DEB_ROOT) $(VERSION) $(DEB)
	rm -rf $(DEB_ROOT)
	@echo $(DEB)

man: ## check the manual's pages and leave them as text in build/man/
	mandoc -Tlint -W warning $(PAGES)
	@mkdir -p build/man
	@for p in $(PAGES); do mandoc -Tutf8 -Owidth=78 $$p | sed 's/.\x08//g' >build/man/$$(basename $$p).txt; done
	@ls build/man/*.txt

html: ## the manual as a web site, in build/html/
	@packaging/site build/html
.PHONY: html

help: ## list the targets
	@sed -n 's/^\([a-z][a-z0-9-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 18
	@echo; echo 'PORTABLE=1: code for any CPU.  CUDA=1: mc-critic --device cuda.  SANITIZE=address,undefined, WERROR=1, COVERAGE=1: for tests.'

clean: ## remove what was built
	rm -rf build bin

.PHONY: check-engines check-all engines-deps cross-deps check-threads check-memory watch-thread watch-valgrind soak mutants fuzz fuzz-built torture always prey-weights rule-weights yardsticks bench deps check-deps all check check-built check-layers check-fixtures help clean demo install uninstall man dist deb deb-built
.SECONDARY:
-include $(shell find build -type f -name '*.d' 2>/dev/null)
