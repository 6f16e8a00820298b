#!/bin/bash
# shellcheck disable=SC2317  # functions that check calls
# What only a card can tell: builds with CUDA=1, runs what is tested on the stand-in elsewhere on the
# card, compares training runs with the processor's, measures, and prints a table. Without
# nvcc or a card it says SKIP and ends with 0. About ten minutes.
#
#     tests/gpu.sh [FOLDER]     the runs and the table, gpu.txt; default build/gpu
cd "$(dirname "$0")/.." || exit 70
export MC_QUIET=1
MC_FIXTURES=$PWD/tests/fixtures
skip() { echo "SKIP $1"; exit 0; }
bad=0
check() { # TEXT COMMAND ...
	local text=$1
	shift
	if "$@"; then echo "ok - $text"; else echo "not ok - $text"; bad=1; fi
}

[ "${MC_DEVICE-}" != host ] || echo 'on the stand-in for a card: this tests the script, and tells nothing of a card'
if [ "${MC_DEVICE-}" = host ]; then
	built=build/release device=cpu
	make -s -j "$(nproc)" gpu-built || exit 1
else
	nvidia-smi -L 2>/dev/null | grep -q . || skip 'there is no card'
	[ -n "$(command -v nvcc)" ] || [ -x /usr/local/cuda/bin/nvcc ] || skip 'there is no nvcc'
	built=build/release-cuda device=cuda MC_DEVICE=cuda
	make -s -j "$(nproc)" CUDA=1 gpu-built || exit 1
fi
export MC_DEVICE MC_FIXTURES MC_BIN=$PWD/$built/bin
out=${1:-build/gpu}
mkdir -p "$out" && rm -rf "$out"/run.* && exec > >(tee "$out/gpu.txt") || exit 73

echo "# $(uname -srm), $(nproc) processors; $(git rev-parse --short HEAD 2>/dev/null)"
nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.max.sm --format=csv,noheader 2>/dev/null

echo '# The learner on the card against the one on the processor, and golden values'
check 't_device, t_fixtures' tests/run "$built/tests/t_device" "$built/tests/t_fixtures"

echo '# Training'
EPISODES=${EPISODES:-1000}
train() { # NAME DEVICE SEED EPISODES [OPTION ...]
	local name=$1 dev=$2 seed=$3 episodes=$4
	shift 4
	pipelines/train -t push_N3 -s "$seed" -e "$episodes" -o "$out/run.$name" -Q "--device $dev" "$@"
}
for seed in 1 2 3; do
	check "seed $seed, the processor" train "cpu-$seed" cpu $seed "$EPISODES"
	check "seed $seed, the card" train "card-$seed" $device $seed "$EPISODES"
done
# Mean returns of each quarter: the mean of the card's runs lies among the processor's, give or take their spread.
quarters() { # NAME
	"$MC_BIN/mc-cat" -t episode --fields episode,return --tsv "$out/run.$1/run.log" |
		awk -v n="$EPISODES" 'NR > 1 && $1 < n { k = int(4 * $1 / n); sum[k] += $2; c[k]++ } END { for (k = 0; k < 4; k++) print sum[k] / c[k] }'
}
in_band() {
	for seed in 1 2 3; do quarters cpu-$seed | paste -s; done >"$out/cpu"
	for seed in 1 2 3; do quarters card-$seed | paste -s; done >"$out/card"
	awk 'function least(a, b) { return a < b ? a : b } function most(a, b) { return a > b ? a : b }
	FNR == NR { for (k = 1; k <= 4; k++) { low[k] = FNR == 1 ? $k : least(low[k], $k); high[k] = FNR == 1 ? $k : most(high[k], $k) } next }
	{ for (k = 1; k <= 4; k++) mean[k] += $k / 3 }
	END { for (k = 1; k <= 4; k++) { spread = high[k] - low[k]
		printf "quarter %d: processor %.1f ... %.1f, card %.1f\n", k, low[k], high[k], mean[k]
		if (!(mean[k] >= low[k] - spread && mean[k] <= high[k] + spread)) bad = 1 } exit bad }' "$out/cpu" "$out/card"
}
check 'the curve lies in the band of the processor' in_band
check 'the same seed again' train again $device 1 "$EPISODES"
check 'gives the same bytes' cmp "$out/run.card-1/run.ckpt" "$out/run.again/run.ckpt"
for m in none full reinforce stgs; do
	check "method $m on the card" train "$m" $device 1 60 -m $m
done
check 'a checkpoint of the processor' train moved cpu 1 60 -R --fresh -Q "--device cpu --keep-replay"
check 'goes on on the card' train moved $device 1 120 -Q "--device $device --keep-replay"
check 'and back on the processor' train moved cpu 1 180 -Q "--device cpu --keep-replay"

echo '# Speed: medians by the card'"'"'s clock; ms_whole with transfers, ms_alone the recorded sequence'
"$built/tests/gpu_bench" ceilings || bad=1
for task in push_N3 push_N6; do
	"$built/tests/gpu_bench" update $task || bad=1
done
SECONDS_EACH=${SECONDS_EACH:-10}
for runs in 1 4 16; do
	for task in push_N3 push_N6; do
		pipelines/share-card sh -c 'for i in $(seq "$1"); do "$2" rate "$3" "$4" & done; wait' sh $runs "$built/tests/gpu_bench" \
			$task "$SECONDS_EACH" | awk -v runs=$runs -v task=$task '{ sum += $4 } END { printf "%d at once, %s: %.0f updates/s (%d of them told)\n", runs, task, sum, NR; exit NR != runs }' || bad=1
	done
done
echo '# A whole ring'
for dev in cpu $device; do
	start=$(date +%s.%N)
	check "push_N6, 1,000 episodes, --device $dev" pipelines/train -t push_N6 -e "$EPISODES" -o "$out/run.ring-$dev" -Q "--device $dev"
	echo "$(date +%s.%N) $start $EPISODES" | awk '{ printf "%.1f episodes/s\n", $3 / ($1 - $2) }'
done
case $bad in
0) echo 'all is well' ;;
*) echo 'something failed' ;;
esac
exit $bad
