# For the scripts beside this one: how far a list of runs is.
#
#     count LIST FILE
#
# LIST names a run.done in each line. Sets $all to how many there are, and $done to beside how many of them FILE is,
# run.done itself or another that its run has.
count() {
	all=0 done=0
	while read -r run; do
		all=$((all + 1))
		[ ! -e "${run%run.done}$2" ] || done=$((done + 1))
	done <"$1"
}
