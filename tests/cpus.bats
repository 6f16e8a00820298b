# pipelines/cpus: how many one may use, where control groups have a quota.

setup() {
	cpus=$BATS_TEST_DIRNAME/../pipelines/cpus
	root=$BATS_TEST_TMPDIR
	export CPUS=64
}

put() { # file text
	mkdir -p "$root$(dirname "$1")"
	printf -- "$2" >"$root$1"
}

of() {
	"$cpus" "$root" 2>&1
}

@test "version 2: the smallest quota of the group and those above it, rounded up" {
	[ "$(of)" = 64 ]
	put /proc/self/cgroup '0::/\n'
	[ "$(of)" = 64 ]
	for pair in 'max 100000:64' '200000 100000:2' '50000 100000:1' '250000 100000:3' '99999999 1:64' ':64' 'garbage:64' '-1 100000:64' '1 0:64'; do
		put /sys/fs/cgroup/cpu.max "${pair%:*}\n"
		[ "$(of)" = "${pair#*:}" ]
	done
	put /proc/self/cgroup '0::/a.slice/b.service/c\n'
	put /sys/fs/cgroup/a.slice/cpu.max '400000 100000\n'
	put /sys/fs/cgroup/a.slice/b.service/c/cpu.max 'max 100000\n'
	[ "$(of)" = 4 ]
	put /proc/self/cgroup '0::/of/the/host\n'
	put /sys/fs/cgroup/cpu.max '150000 50000\n'
	[ "$(of)" = 3 ]
}

@test "version 1: cfs_quota_us over cfs_period_us" {
	put /proc/self/cgroup '5:memory:/m\n4:cpu,cpuacct:/docker/x\n0::/\n'
	put /sys/fs/cgroup/cpu/docker/x/cpu.cfs_quota_us '-1\n'
	put /sys/fs/cgroup/cpu/docker/x/cpu.cfs_period_us '100000\n'
	[ "$(of)" = 64 ]
	put /sys/fs/cgroup/cpu/docker/x/cpu.cfs_quota_us '200000\n'
	[ "$(of)" = 2 ]
	put /proc/self/cgroup '4:cpuset:/docker/x\n'
	[ "$(of)" = 64 ]
}

@test "here it is no more than nproc says, and what the programs take" {
	unset CPUS
	n=$("$cpus")
	[ "$n" -ge 1 ]
	[ "$n" -le "$(nproc)" ]
	"$MC_BIN/mc-critic" --help | tr -s ' \n' ' ' | grep -q "threads of --device cpu; never changes a result (default $n)"
}
