# For figures: the runs of a grid, methods crossed with settings.
#
#     sweep
#
# sets $cells to a line for each method of METHODS with each setting of SWEEP, LABEL|METHOD|options of mc-rollout|of
# mc-metalearn|of mc-critic, and GRID_LABELS to their labels. An invalid SWEEP is refused.

# The program that has option $1, and whether it takes a value: "rollout value", "critic flag".
owner() {
	found=''
	for program in rollout metalearn critic; do
		line=$(mc-$program --help | grep -E "^ +(-., )?--$1( |\$)") || continue
		[ -z "$found" ] || fail "SWEEP: several programs have an option --$1"
		case $line in
		*"--$1 "[!\ ]*) found="$program value" ;;
		*) found="$program flag" ;;
		esac
	done
	[ -n "$found" ] || fail "SWEEP: no program of the ring has an option --$1"
	echo "$found"
}
# Lines of LABEL|METHOD|options of mc-rollout|of mc-metalearn|of mc-critic, one for each setting of $1.
cross() {
	key=${1%%=*} values=$(once $(echo "${1#*=}" | tr , ' '))
	of=$(owner "$key") || exit
	while IFS='|' read -r label method r m q; do
		case $of:$method in
		metalearn*:none | metalearn*:full | metalearn*:stgs | metalearn*:*/*) # it has none
			echo "$label|$method|$r|$m|$q"
			continue
			;;
		esac
		for v in $values; do
			case $of:$v in
			*flag:0) option='' ;;
			*flag:1) option=" --$key" ;;
			*flag:*) fail "SWEEP: --$key takes no value: $key=0,1" ;;
			*) option=" --$key=$v" ;;
			esac
			name=${label}_${key}_$(echo "$v" | tr ':=/' '---') # part of a path, which make reads
			case $of in
			rollout*) echo "$name|$method|$r$option|$m|$q" ;;
			metalearn*) echo "$name|$method|$r|$m$option|$q" ;;
			critic*) echo "$name|$method|$r|$m|$q$option" ;;
			esac
		done
	done
}
sweep() {
	cells=$(for method in ${METHODS:-none full reinforce stgs meta}; do
		label=${method##*/}
		echo "${label%.*}|$method|||"
	done)
	for sweep in $SWEEP; do
		case $sweep in
		[a-z]*=*[!,]*) ;;
		*) fail "SWEEP: \"$sweep\" is not OPTION=VALUE,VALUE" ;;
		esac
		cells=$(echo "$cells" | cross "$sweep") || exit
	done
	GRID_LABELS=$(echo "$cells" | cut -d '|' -f 1 | tr '\n' ' ')
	[ ${#GRID_LABELS} -lt 100000 ] || fail "SWEEP: $(echo "$cells" | wc -l) settings are too many"
	[ -z "$(echo "$GRID_LABELS" | tr ' ' '\n' | grep . | sort | uniq -d)" ] || fail 'METHODS: two of them have one name'
}
