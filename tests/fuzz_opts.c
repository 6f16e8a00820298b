/* Options: argument lists, and the small languages of mc-cat's --where and --fields. */
#include "fuzz.h"

#include "mc_fields.h"
#include "mc_opts.h"
#include "mc_where.h"

enum { ARGS = 32 };

static void arguments(int argc, char **argv)
{
	const char *text = NULL;
	long number = 3;
	uint64_t seed = 1;
	double real = 0.5;
	int flag = 0, first = 0;
	const struct mc_opt table[] = {
		{ MC_OPT_GROUP, 0, NULL, NULL, NULL, 0, 0, "Group" },
		{ MC_OPT_STR, 't', "task", "TASK", &text, 0, 0, "a text" },
		{ MC_OPT_STR, 0, "comm", "learned|none|full", &text, 0, 0, "one of three" },
		{ MC_OPT_INT, 'e', "episodes", "N", &number, 0, 2e9, "a number" },
		{ MC_OPT_U64, 's', "seed", "SEED", &seed, 0, 0, "a seed" },
		{ MC_OPT_REAL, 0, "gamma", "X", &real, 0, 1, "a real" },
		{ MC_OPT_FLAG, 'f', "follow", NULL, &flag, 0, 0, "a flag" },
		{ MC_OPT_FLAG, 0, "fresh", NULL, &flag, 0, 0, "another" },
		{ MC_OPT_FLAG, 0, NULL, NULL, NULL, 0, 0, NULL },
	};
	const struct mc_prog prog = { "fuzz", "[-f] [FILE ...]", "Nothing.", table };
	struct mc_err e = { 0 };
	char line[1400];
	const enum mc_parsed parsed = mc_opts_parse(&prog, argc, argv, &first, &e);

	if (parsed == MC_PARSED_RUN && (number < 0 || number > 2000000000 || !(real >= 0 && real <= 1) ||
	    first < 1 || first > argc))
		abort();
	if (parsed == MC_PARSED_FAIL && e.code != MC_USAGE)
		abort();
	mc_err_line(&e, "fuzz", line, sizeof line);
}

static void languages(const char *text)
{
	static const unsigned char bytes[] = "\x84\xa2mc\x01\xa4type\xa6metric\xa1v\x81\xa1x\xcb\x3f\xf0\0\0\0\0\0\0\xa1n\x05";
	struct mc_err e = { 0 };
	struct mc_where w = { 0 };
	struct mc_fields s = { 0 };
	struct mc_frame f;
	struct mc_in *in = mc_in_memory(bytes, sizeof bytes - 1, "fuzz", MC_IN_BARE, 1 << 16, &e);

	if (mc_in_frame(in, &f, &e) != MC_READ_FRAME)
		abort();
	if (mc_where_parse(&w, text, &e) == 0)
		(void)mc_where_match(&w, &f);
	if (mc_fields_parse(&s, text, &e) == 0) {
		mc_fields_json(nowhere(), &s, &f, 1);
		(void)mc_fields_row(nowhere(), &s, &f, 1, &e);
	}
	mc_in_close(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *argv[ARGS + 2];
	int argc = 1;

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	languages(text);
	argv[0] = (char[]){ "fuzz" };
	for (char *at = text; at < text + size && argc < ARGS; at += strlen(at) + 1)
		argv[argc++] = at;
	argv[argc] = NULL;
	/* help and version print */
	for (int k = 1; k < argc; k++)
		if (strncmp(argv[k], "-h", 2) == 0 || strncmp(argv[k], "-V", 2) == 0 || strncmp(argv[k], "--h", 3) == 0 ||
		    strncmp(argv[k], "--v", 3) == 0 || (argv[k][0] == '-' && argv[k][1] == 'f'))
			argc = k;
	argv[argc] = NULL;
	arguments(argc, argv);
	free(text);
	return 0;
}
