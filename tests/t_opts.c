/* The option table: values, ranges, operands, typing errors. */
#include "mc_opts.h"
#include "tap.h"

static int flag;
static long count;
static uint64_t seed;
static double rate;
static const char *text;

static const struct mc_opt opts[] = {
	{ MC_OPT_FLAG, 'f', "flag", NULL, &flag, 0, 0, "a flag" },
	{ MC_OPT_FLAG, 0, "no-flag", NULL, &flag, 0, -1, "takes it back" },
	{ MC_OPT_GROUP, 0, NULL, NULL, NULL, 0, 0, "Numbers" },
	{ MC_OPT_INT, 'n', "count", "N", &count, 1, 10, "a count" },
	{ MC_OPT_U64, 's', "seed", "SEED", &seed, 0, 0, "a seed" },
	{ MC_OPT_REAL, 0, "rate", "X", &rate, 0, 1, "a rate" },
	{ MC_OPT_STR, 'o', "out", "FILE", &text, 0, 0, "a file" },
	{ MC_OPT_FLAG, 0, NULL, NULL, NULL, 0, 0, NULL },
};
static const struct mc_prog prog = { "mc-test", "[-f]", "A test.", opts };

static enum mc_parsed parse(const char *line, int *operands, struct mc_err *e)
{
	static char buffer[256];
	char *argv[16] = { NULL };
	int argc = 0;

	flag = 0, count = 5, seed = 1, rate = 0.5, text = NULL;
	*e = (struct mc_err){ 0 };
	(void)snprintf(buffer, sizeof buffer, "mc-test %s", line);
	for (char *w = strtok(buffer, " "); w && argc < 15; w = strtok(NULL, " "))
		argv[argc++] = w;
	return mc_opts_parse(&prog, argc, argv, operands, e);
}

static void refused(const char *line, const char *place, const char *hint)
{
	struct mc_err e;
	int at = 0;

	ok(parse(line, &at, &e) == MC_PARSED_FAIL && e.code == MC_USAGE, "refused: %s", line);
	is_str(e.place, place, "  the option is named");
	if (hint)
		is_str(e.hint, hint, "  and a hint given");
}

int main(void)
{
	struct mc_err e;
	int at = 0;

	ok(parse("a -f -n 7 --seed=18446744073709551615 --rate 0.25 b -o x", &at, &e) == MC_PARSED_RUN, "parses");
	ok(flag == 1 && count == 7 && seed == UINT64_MAX, "flag, integer, seed");
	is_near(rate, 0.25, 0, "number");
	is_str(text, "x", "text");
	is_int(at, 9, "operands are moved to the end");
	ok(parse("", &at, &e) == MC_PARSED_RUN && count == 5 && rate == 0.5, "defaults stay");
	ok(parse("-- -f", &at, &e) == MC_PARSED_RUN && !flag, "-- ends the options");
	ok(parse("-f --no-flag", &at, &e) == MC_PARSED_RUN && !flag, "a flag is taken back");
	ok(parse("--no-flag -f", &at, &e) == MC_PARSED_RUN && flag, "the later of two counts");
	refused("--sed 3", "--sed", "did you mean --seed?");
	refused("-z", "-z", "see mc-test --help");
	refused("-n 11", "--count", "see --help");
	refused("-n 3x", "--count", "see --help");
	refused("--rate nan", "--rate", NULL);
	refused("--rate 1.5", "--rate", NULL);
	refused("-s -1", "--seed", NULL);
	refused("-n", "-n", NULL);
	refused("--flag=1", "--flag=1", NULL);
	return tap_done();
}
