/* Conditions on frames, and values by dotted paths. */
#include "mc_path.h"
#include "mc_where.h"
#include "tap.h"

static struct mc_frame frame;

static void make(struct mc_fb *b)
{
	const unsigned char *bytes;
	struct mc_err e = { 0 };
	size_t len;

	mc_fb_begin(b, "metric");
	mc_fb_str(b, "program", "mc-critic");
	mc_fb_int(b, "iteration", 100);
	mc_fb_int(b, "below", -7);
	mc_fb_uint(b, "huge", UINT64_MAX);
	mc_fb_real(b, "real", 0.1);
	mc_fb_real(b, "nan", (double)NAN);
	mc_fb_bool(b, "last", 1);
	mc_fb_nil(b, "nothing");
	mc_fb_str(b, "digits", "12");
	mc_fb_map(b, "values");
	mc_fb_real(b, "entropy", 0.5);
	mc_fb_map(b, "deep");
	mc_fb_int(b, "er", 3);
	mc_fb_close(b);
	mc_fb_int(b, "a.b", 4);
	mc_fb_close(b);
	mc_fb_array(b, "o", MC_U8, 1, (size_t[]){ 2 }, "ab");
	if (mc_fb_end(b, 0, &bytes, &len, &e) == 0) {
		frame.bytes = bytes;
		frame.len = len;
	}
}

static void matches(const char *text, int want)
{
	struct mc_where w;
	struct mc_err e = { 0 };

	if (mc_where_parse(&w, text, &e) < 0) {
		ok(0, "%s", text);
		diag("%s", e.what);
	} else {
		ok(mc_where_match(&w, &frame) == want, "%s: %s", text, want ? "yes" : "no");
	}
}

static void test_matches(void)
{
	static const char *const yes[] = {
		"iteration==100", "iteration>=100", "iteration<=100", "iteration>99", "iteration<100.5",
		"iteration!=99", "iteration>=1e2", "below<0", "below==-7", "huge==18446744073709551615",
		"huge>18446744073709551614", "real==0.1", "nan!=0", "nan!=nan", "last==true", "last!=false", "last==1",
		"nothing==null", "nothing!=0", "program==mc-critic", "program=='mc-critic'", "program==\"mc-critic\"",
		"program!=mc-cri", "program>mc-crit", "program<mc-d", "digits==12", "digits=='12'",
		"values.entropy==0.5", "values.deep.er==3", "values.a.b==4", "values!=3", "o!=1",
		" iteration >= 100&&values.entropy<1 &&\tlast == true ", "type==metric", "program!=100",
		"iteration!='100'",
	};
	static const char *const no[] = {
		"iteration==101", "iteration<100", "iteration>100", "huge==18446744073709551614", "nan==0", "nan<1",
		"nan>=1", "last==false", "nothing==0", "program==critic", "program==mc-critic2", "digits==13",
		"values.deep==3", "values.none==1", "none!=1", "none==null", "iteration==0x64", "o==1", "values>0",
		"iteration>99 && iteration<100", "iteration=='100'", "program<100 && none==1", "real==nan",
	};

	for (size_t k = 0; k < sizeof yes / sizeof *yes; k++)
		matches(yes[k], 1);
	for (size_t k = 0; k < sizeof no / sizeof *no; k++)
		matches(no[k], 0);
}

static void test_refused(void)
{
	static const char *const bad[] = {
		"", "a", "a=", "a=1", "a==", "==1", "a==1 b==2", "a==1 || b==2", "a==1 &&", "&& a==1", "a==1 & b==1",
		"a..b==1", ".a==1", "a.==1", "a=='x", "(a==1)", "a===1", "a<>1", "a=!1",
	};
	struct mc_where w;
	struct mc_err e;

	for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
		e = (struct mc_err){ 0 };
		ok(mc_where_parse(&w, bad[k], &e) < 0 && e.code == MC_USAGE && strcmp(e.place, "--where") == 0,
		    "refused: \"%s\"", bad[k]);
	}
}

static void test_limits(void)
{
	char text[2048] = "a==1";
	struct mc_where w;
	struct mc_err e = { 0 };

	for (int k = 1; k < MC_WHERE_TERMS; k++)
		strcat(text, "&&a==1");
	ok(mc_where_parse(&w, text, &e) == 0 && w.terms == MC_WHERE_TERMS, "as many comparisons as there is room for");
	strcat(text, "&&a==1");
	ok(mc_where_parse(&w, text, &e) < 0, "one more is refused");
	memset(text, 'x', 300);
	(void)snprintf(text + 300, 8, "==1");
	ok(mc_where_parse(&w, text, &e) < 0, "so is a key that is too long");
	(void)snprintf(text, 8, "a==");
	memset(text + 3, 'x', 300);
	text[303] = '\0';
	ok(mc_where_parse(&w, text, &e) < 0, "and a value that is too long");
}

static void leaf(void *ctx, const char *path, const unsigned char *value)
{
	char *list = ctx;

	(void)value;
	(void)snprintf(list + strlen(list), 400 - strlen(list), "%s ", path);
}

int main(void)
{
	struct mc_err e = { 0 };
	struct mc_fb *b = mc_fb_new(&e);
	char list[400] = "";

	make(b);
	test_matches();
	test_refused();
	test_limits();
	ok(mc_path_find(frame.bytes, "values.deep.er.x") == NULL, "a number has nothing inside");
	ok(mc_path_find(frame.bytes, "value") == NULL, "a key must match whole");
	mc_path_walk(frame.bytes, leaf, list);
	is_str(list, "mc type program iteration below huge real nan last nothing digits values.entropy values.deep.er "
	    "values.a.b o ", "all paths, in order");
	mc_fb_free(b);
	return tap_done();
}
