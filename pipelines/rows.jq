# Common parts of the scripts table-*: evaluations (mc-eval --json) in groups, and their rows.

def methods: ["none", "full", "reinforce", "stgs", "meta"];

def mean: if length == 0 or any(. == null) then null else add / length end;

# A number with so many digits after the point, without -0; empty for null.
def fixed(digits): if . == null then "" else . * pow(10; digits) | round / pow(10; digits) + 0 | tostring
	| if digits > 0 and (contains(".") | not) then . + "." else . end
	| . + ("0" * (digits - (split(".")[1] | length)) // "") end;

def row: "| " + join(" | ") + " |";

# The lines of a table with tabs, as objects: its first line has the names of the columns.
def table: split("\n") | map(select(. != "") | split("\t")) | .[0] as $names
	| .[1:][] | [$names, .] | transpose | map({key: .[0], value: .[1]}) | from_entries;

# The rule that the options give a run; rules of the run's own seed share one name. Settings tell only that there was one.
def given_rule: "/\(.seed)/" as $seed | .options
	| if test("(^| )-p carried( |$)") then "auto"
		else [capture("--eta[ =](?<rule>[^ \u0027]+)").rule | gsub($seed; "/SEED/")] | first end;

# Groups evaluations by task, method, settings and given rule, each with the options of its run and the seconds
# that it took (null where unknown), from runs.tsv.
def groups($runs):
	([$runs | table | {key: .run, value: .}] | from_entries) as $by
	| map(($by[.file | rtrimstr(".ckpt")] // error("\(.file) is not in runs.tsv")) as $run
		| . + {options: ($run.command | sub("mc-train -t [^ ]* -m [^ ]* -s [^ ]* -e [^ ]* ?"; "")),
			seconds: ($run.seconds | tonumber? // null)})
	| group_by([.task, .method, (.settings | del(.seed)), given_rule]);

# The shortest options that make a group.
def options: map(.options) | min_by(length) | if . == "" then "" else "`\(.)`" end;
