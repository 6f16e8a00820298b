# What the tables beside this file have in common: evaluations (mc-eval --json) in groups, and their rows.

def mean: if any(. == null) then null else add / length end;

# A number with so many digits behind the point; nothing for null.
def fixed(digits): if . == null then "" else . * pow(10; digits) | round / pow(10; digits) | tostring
	| if digits > 0 and (contains(".") | not) then . + "." else . end
	| . + ("0" * (digits - (split(".")[1] | length)) // "") end;

def row: "| " + join(" | ") + " |";

# The evaluations of one task, method and settings together, each with the options of its run, from runs.tsv.
def groups($runs):
	($runs | split("\n")[1:] | map(select(. != "") | split("\t") | {key: .[0], value: .[3]}) | from_entries) as $command
	| map(. + {options: ($command[.file | rtrimstr(".ckpt")]
		| sub("mc-train -t [^ ]* -m [^ ]* -s [^ ]* -e [^ ]* ?"; ""))})
	| group_by([.task, .method, (.settings | del(.seed))]);

# The shortest options that make a group.
def options: map(.options) | min_by(length) | if . == "" then "" else "`\(.)`" end;
