#!/bin/bash
# shellcheck disable=SC2317  # functions that check calls
# What only a GPU can tell: builds with CUDA=1, runs what is tested on the stand-in elsewhere on the
# GPU, compares training runs with the CPU's, measures, and prints a table. Without nvcc or a GPU it
# says SKIP and ends with 0. About six minutes; EPISODES=600 SECONDS_EACH=4 takes two.
#
#     tests/gpu.sh [-p PART[,PART ...]] [DIRECTORY]
#
# Parts: learner training speed small ring tuned (default: all). small tells from where on a product is worth a launch of
# its own (mc_device_layer.h); tuned is training and rings with mc-train -p tuned. Runs and the table, gpu.txt, are left in
# DIRECTORY (default build/gpu).
cd "$(dirname "$0")/.." || exit 70
unset CC CXX                      # CUDA's images set them; the build would go elsewhere
export MC_QUIET=1
MC_FIXTURES=$PWD/tests/fixtures
usage() { echo "gpu.sh: $1; usage: tests/gpu.sh [-p learner,training,speed,small,ring,tuned] [DIRECTORY]" >&2; exit 64; }
skip() { echo "SKIP $1"; exit 0; }
bad=0
check() { # TEXT COMMAND ...
	local text=$1
	shift
	if "$@"; then echo "ok - $text"; else echo "not ok - $text"; bad=1; fi
}

parts=learner,training,speed,small,ring,tuned
while getopts p: option; do
	case $option in
	p) parts=$OPTARG ;;
	*) usage 'unknown option' ;;
	esac
done
shift $((OPTIND - 1))
[ $# -le 1 ] || usage 'one directory at most'
for part in ${parts//,/ }; do
	case $part in
	learner | training | speed | small | ring | tuned) ;;
	*) usage "there is no part \"$part\"" ;;
	esac
done
wanted() { [[ ,$parts, == *,$1,* ]]; }

[ "${MC_DEVICE-}" != host ] || echo 'on the stand-in for a GPU: this tests the script, and tells nothing of a GPU'
if [ "${MC_DEVICE-}" = host ]; then
	built=build/release device=cpu
	make -s -j "$(nproc)" gpu-built || exit 1
else
	nvidia-smi -L 2>/dev/null | grep -q . || skip 'there is no GPU'
	[ -n "$(command -v nvcc)" ] || [ -x /usr/local/cuda/bin/nvcc ] || skip 'there is no nvcc'
	built=build/release-cuda device=cuda MC_DEVICE=cuda
	make -s -j "$(nproc)" CUDA=1 gpu-built || exit 1
fi
export MC_DEVICE MC_FIXTURES MC_BIN=$PWD/$built/bin
out=${1:-build/gpu}
mkdir -p "$out" && rm -rf "$out"/run.* && exec > >(tee "$out/gpu.txt") || exit 73

echo "# $(uname -srm), $(nproc) CPUs; $(git rev-parse --short HEAD 2>/dev/null)"
nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.max.sm --format=csv,noheader 2>/dev/null

EPISODES=${EPISODES:-1000} SECONDS_EACH=${SECONDS_EACH:-10}
train() { # NAME DEVICE SEED EPISODES [OPTION ...]
	local name=$1 dev=$2 seed=$3 episodes=$4
	shift 4
	pipelines/train -t push_N3 -s "$seed" -e "$episodes" -o "$out/run.$name" -Q "--device $dev" "$@"
}

if wanted learner; then
	echo '# The learner on the GPU against the one on the CPU, and golden values'
	check 't_device, t_fixtures' tests/run "$built/tests/t_device" "$built/tests/t_fixtures"
fi

# Mean returns of each quarter of a run, a line of four numbers; fails where one is missing or NaN.
quarters() { # NAME
	"$MC_BIN/mc-cat" -t episode --fields episode,return --tsv "$out/run.$1/run.log" |
		awk -v n="$EPISODES" 'NR > 1 && $1 < n { k = int(4 * $1 / n); sum[k] += $2; c[k]++ }
		END { for (k = 0; k < 4; k++) { if (!c[k] || sum[k] != sum[k] + 0) exit 1
			printf "%s%.6g", k ? "\t" : "", sum[k] / c[k] } print "" }'
}
# The mean of the GPU's runs lies among the CPU's, give or take their spread. Numbers alone count:
# what is not one, or is missing, fails.
in_band() {
	local seed
	: >"$out/cpu"
	: >"$out/gpu"
	for seed in 1 2 3; do
		quarters cpu-$seed >>"$out/cpu" || return 1
		quarters gpu-$seed >>"$out/gpu" || return 1
	done
	tests/in-band "$out/cpu" "$out/gpu"
}
if wanted training; then
	echo '# Training'
	for seed in 1 2 3; do
		check "seed $seed, the CPU" train "cpu-$seed" cpu $seed "$EPISODES"
		check "seed $seed, the GPU" train "gpu-$seed" $device $seed "$EPISODES"
	done
	check 'the curve lies in the band of the CPU' in_band
	check 'the same seed again' train again $device 1 "$EPISODES"
	check 'gives the same bytes' cmp "$out/run.gpu-1/run.ckpt" "$out/run.again/run.ckpt"
	for m in none full reinforce stgs; do
		check "method $m on the GPU" train "$m" $device 1 60 -m $m
	done
	check 'more rewards, a penalty, joint on the GPU' train options $device 1 60 -Q '--n-step 3 --penalty 0.01 --joint'
	check 'a checkpoint of the CPU' train moved cpu 1 60 -R --fresh -Q "--device cpu --keep-replay"
	check 'goes on on the GPU' train moved $device 1 120 -Q "--device $device --keep-replay"
	check 'and back on the CPU' train moved cpu 1 180 -Q "--device cpu --keep-replay"
fi

if wanted speed; then
	echo '# Speed: medians by the GPU'"'"'s clock; ms_whole with what goes up before it, ms_alone the recorded sequence'
	check 'ceilings' "$built/tests/gpu_bench" ceilings
	for task in push_N3 push_N6 push_N12 'push_N3 tuned' 'push_N6 tuned'; do
		# shellcheck disable=SC2086  # a task, and perhaps a word more
		check "update $task" "$built/tests/gpu_bench" update $task
	done
	for runs in 1 4 16; do
		for task in push_N3 push_N6 'push_N6 tuned'; do
			pipelines/share-gpu sh -c 'for i in $(seq "$1"); do "$2" rate "${3% tuned}" "$4" ${3#"${3% tuned}"} & done; wait' sh $runs \
				"$built/tests/gpu_bench" "$task" "$SECONDS_EACH" | awk -v runs=$runs -v task="$task" '$4 > 0 { sum += $4; told++ }
				END { printf "%d at once, %s: %.0f updates/s (%d of them told)\n", runs, task, sum, told; exit told != runs }' || bad=1
		done
	done
fi

if wanted small; then
	echo '# What is small: medians of the recorded sequence, by the multiply-adds up to which products are not launches of their own'
	for task in push_N3 push_N6 'push_N3 tuned' 'push_N6 tuned'; do
		# shellcheck disable=SC2086
		check "small $task" "$built/tests/gpu_bench" small $task
	done
fi

# A whole ring, and episodes a second.
ring() { # NAME DEVICE TASK [OPTION ...]
	local name=$1 dev=$2 task=$3 start
	shift 3
	start=$(date +%s.%N)
	check "$name, $task, $EPISODES episodes, --device $dev" pipelines/train -t "$task" -e "$EPISODES" -o "$out/run.$name-$task-$dev" \
		-Q "--device $dev" "$@"
	echo "$(date +%s.%N) $start $EPISODES" | awk '{ printf "%.1f episodes/s\n", $3 / ($1 - $2) }'
}
if wanted ring; then
	echo '# A whole ring'
	for dev in cpu $device; do
		ring ring "$dev" push_N6
	done
fi

if wanted tuned; then
	echo '# -p tuned: shared nets, the invariant critic'
	for m in none full reinforce meta; do
		check "method $m on the GPU" train "tuned-$m" $device 1 60 -p tuned -m $m
	done
	check 'a checkpoint of the CPU' train tuned-moved cpu 1 60 -p tuned -R --fresh -Q "--device cpu --keep-replay"
	check 'goes on on the GPU' train tuned-moved $device 1 120 -p tuned -Q "--device $device --keep-replay"
	check 'and back on the CPU' train tuned-moved cpu 1 180 -p tuned -Q "--device cpu --keep-replay"
	for dev in cpu $device; do
		ring tuned-none "$dev" push_N6 -p tuned -m none
		ring tuned-full "$dev" push_N6 -p tuned -m full
	done
fi

case $bad in
0) echo 'all is well' ;;
*) echo 'something failed' ;;
esac
exit $bad
