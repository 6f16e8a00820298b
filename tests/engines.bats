# The engines of mc-figures for real: machines behind sshd, nodes of a Slurm, some of which die in
# the middle. All of it is of this test's own, on free ports of the loopback, as whoever calls it.

bats_require_minimum_version 1.5.0

setup() {
	: "${MC_BIN:=$BATS_TEST_DIRNAME/../bin}"
	PATH=$MC_BIN:$PATH:/usr/sbin
	figures=$BATS_TEST_DIRNAME/../pipelines/figures
	export MC_BIN MC_QUIET=1
	cd "$BATS_TEST_TMPDIR"
	small=(ROLLOUT='--hidden 8 -C 5' CRITIC='--batch 32' EPISODES=33 SEEDS=1)
	long=(ROLLOUT='--hidden 8 -C 20' CRITIC='--batch 32' EPISODES=4000 SEEDS=2 TASKS=push_N3 METHODS='none meta')
	runs=runs-4000/push_N3
	unset SLURM_CONF
}

# Daemons die with the test (pdeathsig); here goes what they started, which works in our directory.
teardown() {
	cd /
	for process in $(workers); do
		kill -9 "$process" 2>/dev/null || true
	done
}
workers() {
	find /proc -mindepth 2 -maxdepth 2 -name cwd -lname "$BATS_TEST_TMPDIR*" 2>/dev/null | cut -d / -f 3
}

daemon() {
	setpriv --pdeathsig KILL -- "$@" >>daemons 2>&1 </dev/null 3>&- &
}

# What the engine made is what one machine makes that is never disturbed.
whole() {
	reference=$BATS_FILE_TMPDIR/whole
	[ -e "$reference/fig2.md" ] || "$figures" fig2 "${long[@]}" OUT="$reference" >/dev/null
}
same() {
	for run in none/1 none/2 meta/1 meta/2; do
		cmp out/$runs/$run/run.ckpt "$reference/$runs/$run/run.ckpt"
		cmp out/$runs/$run/run.log "$reference/$runs/$run/run.log"
		[ ! -e out/$runs/$run/run.replay ]
		[ ! -e out/$runs/$run/run.failed ]
	done
	cmp out/fig2.svg "$reference/fig2.svg"
	cmp out/fig2.md "$reference/fig2.md"
	[ -z "$(find out -name '*.tmp' -o -name 'parallel.*' -o -name 'slurm.*')" ]
}
starts() { # of the run $1
	mc-cat -t provenance "$1/run.ckpt.provenance" | jq -s 'map(select(.program == "mc-rollout")) | length'
}

# A process and all that descend from it.
tree() {
	echo "$1"
	for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do
		tree "$child"
	done
}

# The directory of a run that is in the middle, among the processes that the command $@ lists. It is
# held there: kill -CONT $held.
under_way() {
	for _ in $(seq 1200); do
		for held in $("$@"); do
			run=$(sed -nz 's|^\(.*\)/run.ckpt$|\1|p' "/proc/$held/cmdline" 2>/dev/null | tr '\0' '\n')
			[ -n "$run" ] && [ "$(stat -c %s "$run/run.log" 2>/dev/null || echo 0)" -gt 10000 ] || continue
			kill -STOP "$held" 2>/dev/null || continue
			[ ! -e "$run/run.replay" ] || return 0
			kill -CONT "$held"
		done
		sleep 0.05
	done
	return 1
}

free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# ---- ssh ----

# machines NAME ...: an sshd for each; the pid of the last in $sshd
machines() {
	for program in parallel sshd ssh; do
		command -v $program >/dev/null || skip "$program is not there"
	done
	if [ "$(id -u)" -eq 0 ]; then
		mkdir -p /run/sshd
	fi
	ssh-keygen -q -t ed25519 -N '' -f hostkey
	ssh-keygen -q -t ed25519 -N '' -f id
	cp id.pub authorized_keys
	cat >ssh_config <<-EOF
		User $(id -un)
		HostName 127.0.0.1
		IdentityFile $PWD/id
		IdentitiesOnly yes
		BatchMode yes
		StrictHostKeyChecking no
		UserKnownHostsFile /dev/null
		LogLevel ERROR
	EOF
	for name; do
		port=$(free_port)
		cat >sshd_config.$name <<-EOF
			ListenAddress 127.0.0.1
			Port $port
			HostKey $PWD/hostkey
			AuthorizedKeysFile $PWD/authorized_keys
			PidFile $PWD/sshd.$name
			StrictModes no
			UsePAM no
			PasswordAuthentication no
			PermitRootLogin yes
			MaxStartups 100
		EOF
		daemon "$(command -v sshd)" -D -e -f "$PWD/sshd_config.$name"
		sshd=$!
		printf 'Host %s\n\tPort %s\n' "$name" "$port" >>ssh_config
		for _ in $(seq 100); do
			! ssh -F ssh_config "$name" true 2>ssh.err </dev/null || break
			sleep 0.05
		done
		ssh -F ssh_config "$name" true </dev/null || skip "ssh to oneself does not work: $(tail -n 1 ssh.err)"
	done
	export PARALLEL_SSH="ssh -F $PWD/ssh_config"
}

@test "parallel: two machines, one of them dies in the middle: the same bytes" {
	whole
	machines alpha beta
	timeout 600 "$figures" fig2 "${long[@]}" ENGINE=parallel HOSTS=1/alpha,1/beta 3>&- &
	make=$!
	under_way tree $sshd
	kill -9 $(tree $sshd)
	wait $make
	[ "$(starts "$run")" -gt 1 ]
	same
}

@test "parallel: a connection that goes ends its run with a checkpoint, which another continues" {
	whole
	machines alpha beta
	timeout 600 "$figures" fig2 "${long[@]}" ENGINE=parallel HOSTS=1/alpha,1/beta 3>&- &
	make=$!
	under_way tree $sshd
	kill -9 $(cat /proc/$sshd/task/*/children)
	kill -CONT $held
	wait $make
	[ "$(starts "$run")" -gt 1 ]
	same
}

@test "parallel: stopped by SIGTERM, nobody is left; another engine continues to the same bytes" {
	whole
	machines alpha beta
	timeout 600 "$figures" fig2 "${long[@]}" ENGINE=parallel HOSTS=1/alpha,1/beta 3>&- &
	make=$!
	under_way tree $sshd
	kill -TERM $make
	kill -CONT $held
	status=0
	wait $make || status=$?
	[ "$status" -eq 75 ]
	for lock in out/$runs/*/*/run.lock; do
		flock -n "$lock" true
	done
	[ ! -e "$run/run.done" ]
	"$figures" fig2 "${long[@]}"
	[ "$(starts "$run")" -eq 2 ]
	same
}

@test "parallel: a machine that cannot take part is named and left out; without any it is 69" {
	machines alpha
	printf 'Host nowhere\n\tPort 1\nHost far\n\tPort %s\n' "$(sed -n 's/^Port //p' sshd_config.alpha)" >>ssh_config
	run --separate-stderr "$figures" fig2 "${small[@]}" TASKS=push_N3 METHODS='none full' ENGINE=parallel HOSTS=alpha,2/nowhere
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = out/fig2.svg ]
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ "$stderr" == "fig2: nowhere is left out: "*"Connection refused"* ]]
	run --separate-stderr "$figures" fig2 "${small[@]}" TASKS=push_N3 METHODS=meta ENGINE=parallel HOSTS=nowhere
	[ "$status" -eq 69 ]
	[ "${stderr_lines[1]}" = 'fig2: HOSTS: none of these machines can take part: nowhere' ]
	[ "${#stderr_lines[@]}" -eq 2 ]
}

@test "parallel: what needs a run waits for it; what needs one that failed says so" {
	machines alpha
	mkdir -p out/runs-33/navigation_N3_l3/meta/1
	echo junk >out/runs-33/navigation_N3_l3/meta/1/run.ckpt
	run --separate-stderr "$figures" fig3 "${small[@]}" TASKS='push_N3 navigation_N3_l3' ENGINE=parallel HOSTS=2/alpha
	[ "$status" -eq 65 ]
	[ "${stderr_lines[0]}" = "fig3: 5 of 12 runs are missing; the same command tries them again:" ]
	[[ "$stderr" == *"out/runs-33/navigation_N3_l3/meta/1: mc-rollout: "*"run.ckpt"*" (exit 65)"* ]]
	[[ "$stderr" == *"out/runs-33/push_N3/late-navigation_N3_l3/1: needs out/runs-33/navigation_N3_l3/meta/1/run.ckpt, of a run that is not done (exit 66)"* ]]
	rm out/runs-33/navigation_N3_l3/meta/1/run.ckpt
	"$figures" fig3 "${small[@]}" TASKS='push_N3 navigation_N3_l3' ENGINE=parallel HOSTS=2/alpha
	"$figures" fig3 "${small[@]}" TASKS='push_N3 navigation_N3_l3' OUT=one
	cmp out/fig3.svg one/fig3.svg
	cmp out/fig3.md one/fig3.md
}

# ---- Slurm ----

# cluster: a controller and two nodes of one CPU; srun and its kin use it.
cluster() {
	for program in slurmctld slurmd sbatch; do
		command -v $program >/dev/null || skip "$program is not there"
	done
	mkdir state spool log
	host=$(hostname -s) user=$(id -un)
	cat >slurm.conf <<-EOF
		ClusterName=test
		SlurmctldHost=$host(127.0.0.1)
		SlurmUser=$user
		SlurmdUser=$user
		AuthType=auth/none
		CredType=cred/none
		AuthInfo=cred_expire=5
		SlurmctldPort=$(free_port)
		SlurmctldPidFile=$PWD/ctld.pid
		SlurmdPidFile=$PWD/slurmd.%n.pid
		StateSaveLocation=$PWD/state
		SlurmdSpoolDir=$PWD/spool/%n
		SlurmctldLogFile=$PWD/log/ctld
		SlurmdLogFile=$PWD/log/slurmd.%n
		ProctrackType=proctrack/linuxproc
		TaskPlugin=task/none
		MpiDefault=none
		JobAcctGatherType=jobacct_gather/none
		AccountingStorageType=accounting_storage/none
		SelectType=select/cons_tres
		SelectTypeParameters=CR_Core
		SchedulerParameters=sched_interval=1,bf_interval=1
		ReturnToService=2
		SlurmdTimeout=3
		KillWait=20
		MaxArraySize=4
		NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$(free_port) CPUs=1
		NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$(free_port) CPUs=1
		PartitionName=main Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
	EOF
	export SLURM_CONF=$PWD/slurm.conf
	daemon slurmctld -D -c
	for node in n1 n2; do
		mkdir spool/$node
		daemon slurmd -D -N $node
		slurmd=$!
	done
	for _ in $(seq 300); do
		[ "$(sinfo -h -t idle -o %D 2>/dev/null)" != 2 ] || return 0
		sleep 0.1
	done
	skip "no Slurm of one's own works here: $(tail -qn 1 log/ctld log/slurmd.n1 | tr '\n' ' ')"
}

# The processes of node n2: its daemon, and what has the name in the environment, with its parent.
n2() {
	echo $slurmd
	workers | sed 's|.*|/proc/&/environ|' | xargs grep -lzx SLURMD_NODENAME=n2 2>/dev/null | cut -d / -f 3 |
		xargs -r ps -o pid=,ppid= -p | xargs -r -n 1
}

@test "slurm: two nodes, one of them dies in the middle: the same bytes" {
	whole
	cluster
	timeout 600 "$figures" fig2 "${long[@]}" ENGINE=slurm 3>&- &
	make=$!
	under_way n2
	kill -9 $(n2 | sort -u)
	wait $make
	[ "$(starts "$run")" -gt 1 ]
	same
}

@test "slurm: a job that is told to end goes on later; one that is cancelled does not" {
	whole
	cluster
	timeout 600 "$figures" fig2 "${long[@]}" ENGINE=slurm JOBS=1 3>&- &
	make=$!
	under_way workers
	# As Slurm does at --signal=B:TERM, which counts in minutes; scancel --batch now and then replies,
	# for minutes too, that a running job "can not be altered now".
	kill -TERM "$(tr '\0' '\n' <"/proc/$held/environ" | sed -n 's/^SLURM_TASK_PID=//p')"
	kill -CONT $held
	for _ in $(seq 600); do
		[ "$(starts "$run")" -lt 2 ] || break
		sleep 0.1
	done
	[ "$(starts "$run")" -eq 2 ]
	kill -TERM $make
	status=0
	wait $make || status=$?
	[ "$status" -eq 75 ]
	left=$(squeue -h -t pending,running)
	echo "$left"
	[ -z "$left" ]
	for lock in out/$runs/*/*/run.lock; do
		flock -n "$lock" true
	done
	"$figures" fig2 "${long[@]}"
	same
}

@test "slurm: more runs than an array may have; one fails, and is listed" {
	cluster
	mkdir -p out/runs-33/push_N3/full/1
	echo junk >out/runs-33/push_N3/full/1/run.ckpt
	MC_QUIET='' run --separate-stderr "$figures" fig2 "${small[@]}" TASKS=push_N3 ENGINE=slurm SBATCH_EXTRA='-t 10 --comment=mine'
	[ "$status" -eq 65 ]
	[ "$(grep -c '^fig2: Slurm job ' <<<"$stderr")" -eq 2 ]
	[ "$(grep -c '^fig2: [1-4] of 5: push_N3 ' <<<"$stderr")" -eq 4 ]
	grep -qx 'fig2: 1 of 5 runs are missing; the same command tries them again:' <<<"$stderr"
	grep -q '^  out/runs-33/push_N3/full/1: mc-rollout: .*run.ckpt.* (exit 65)$' <<<"$stderr"
	[ "$(find out -name run.done | wc -l)" -eq 4 ]
	rm out/runs-33/push_N3/full/1/run.ckpt
	"$figures" fig2 "${small[@]}" TASKS=push_N3 ENGINE=slurm
}

@test "slurm: one that does not reply is said in a line" {
	command -v sbatch >/dev/null || skip "sbatch is not there"
	printf '%s\n' ClusterName=test 'SlurmctldHost=nobody(127.0.0.1)' "SlurmctldPort=$(free_port)" AuthType=auth/none \
		CredType=cred/none "SlurmUser=$(id -un)" MessageTimeout=2 NodeName=n1 PartitionName=main Nodes=n1 >slurm.conf
	SLURM_CONF=$PWD/slurm.conf run --separate-stderr "$figures" fig2 "${small[@]}" TASKS=push_N3 ENGINE=slurm
	[ "$status" -eq 69 ]
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ "$stderr" == 'fig2: sbatch: '* ]]
	[ -z "$(find out -name 'slurm.*')" ]
}

# ---- a ring over two machines ----

@test "examples/ring-over-ssh: the bytes of a ring at home, also after its connection died" {
	machines alpha
	PATH=$PATH:$BATS_TEST_DIRNAME/../examples
	export SSH="ssh -F $PWD/ssh_config" THERE=$MC_BIN
	ring-over-ssh alpha push_N3 33 "$PWD/far"
	"$BATS_TEST_DIRNAME/../pipelines/train" -t push_N3 -e 33 -o near
	cmp far/run.ckpt near/run.ckpt
	cmp far/run.log near/run.log

	log=$PWD/cut/run.log
	await_log() {
		until [ "$(stat -c %s "$log" 2>/dev/null || echo 0)" -gt "$1" ]; do sleep 0.05; done
	}
	# a checkpoint, and then the end of the connection
	ring-over-ssh alpha push_N3 2000 "$PWD/cut" 3>&- &
	ring=$!
	await_log 2000
	kill -TERM $ring
	status=0
	wait $ring || status=$?
	[ "$status" -eq 75 ]
	episodes=$(mc-cat cut/run.ckpt | jq .episode)
	ring-over-ssh alpha push_N3 2000 "$PWD/cut" 2>err 3>&- &
	ring=$!
	await_log $((2000 + $(stat -c %s "$log")))
	kill -9 $(cat /proc/$sshd/task/*/children)
	status=0
	wait $ring || status=$?
	[ "$status" -eq 75 ]
	[ "$(grep -c '^mc-rollout: .*; run it again to continue from the last checkpoint$' err)" -eq 1 ]
	[ "$(grep -c '^mc-' err)" -eq 1 ]
	[ "$(mc-cat cut/run.ckpt | jq .episode)" -eq "$episodes" ]
	ring-over-ssh alpha push_N3 $((episodes + 22)) "$PWD/cut"
	# one that was never cut, with the schedule of 2000 episodes
	"$BATS_TEST_DIRNAME/../pipelines/train" -t push_N3 -e $((episodes + 22)) -o near2 -R '--explore 1:0.2:1600' \
		-Q '--critic-gamma 0.6:0.95:1600'
	for d in cut near2; do
		mc-cat --full $d/run.ckpt | jq -c '.params, (.state | del(.["mc-rollout"], .["mc-critic"].replay_bytes, .["mc-critic"].replay_crc32))' >$d.ckpt
		mc-cat --full -t episode -t metric $d/run.log >$d.log
	done
	[ -s cut.ckpt ]
	[ -s cut.log ]
	cmp cut.ckpt near2.ckpt
	cmp cut.log near2.log
	# what cannot be reached
	SSH='ssh -p 1' run --separate-stderr ring-over-ssh 127.0.0.1 push_N3 33 "$PWD/never"
	[ "$status" -eq 75 ]
	[[ "$stderr" == *'Connection refused'* ]]
}
