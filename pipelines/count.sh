# For the other scripts here: how many runs of a list are done.
#
#     count LIST FILE
#
# LIST has the path of a run.done in each line. Sets $all to their number, and $done to the number of runs whose
# directory has FILE, which may be run.done itself.
count() {
	all=0 done=0
	while read -r run; do
		all=$((all + 1))
		[ ! -e "${run%run.done}$2" ] || done=$((done + 1))
	done <"$1"
}
