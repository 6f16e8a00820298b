#include "mc_ramp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>


struct mc_ramp mc_ramp_of(double value)
{
	return (struct mc_ramp){ .start = value, .end = value };
}

/* "40000" or "80%", to the text's end. */
static int parse_length(struct mc_ramp *r, const char *text)
{
	char *end;
	const double x = strtod(text, &end);

	if (end == text)
		return -1;
	if (strcmp(end, "%") == 0) {
		r->share = x / 100;
		return x > 0 && x <= 100 ? 0 : -1;
	}
	r->episodes = (int64_t)strtoll(text, &end, 10);
	return *end == '\0' && r->episodes >= 1 ? 0 : -1;
}

static int parse(struct mc_ramp *r, const char *text)
{
	char *end;

	*r = mc_ramp_of(strtod(text, &end));
	if (end == text)
		return -1;
	if (*end == '\0')
		return 0;
	if (*end != ':')
		return -1;
	text = end + 1;
	r->end = strtod(text, &end);
	return end != text && *end == ':' ? parse_length(r, end + 1) : -1;
}

static int within(double x, double min, double max)
{
	return x >= min && x <= max;
}

int mc_ramp_parse(struct mc_ramp *r, const char *text, double min, double max, const char *option,
    const char *hint, struct mc_err *e)
{
	if (parse(r, text) < 0)
		return mc_usage(e, option, hint, "\"%s\" is not X, START:END:EPISODES or START:END:PERCENT%%", text);
	if (!within(r->start, min, max) || !within(r->end, min, max))
		return mc_usage(e, option, hint, "\"%s\" is not from %g to %g", text, min, max);
	return 0;
}

void mc_ramp_plan(struct mc_ramp *r, int64_t planned)
{
	if (!(r->share > 0))
		return;
	r->episodes = (int64_t)llround(r->share * (double)planned);
	if (r->episodes < 1)
		r->episodes = 1;
}

double mc_ramp_at(const struct mc_ramp *r, int64_t episode)
{
	if (r->episodes <= 0)
		return r->start;
	if (episode >= r->episodes)
		return r->end;
	return r->start + (r->end - r->start) * (double)episode / (double)r->episodes;
}

void mc_ramp_pack(struct mc_fb *b, const char *key, const struct mc_ramp *r)
{
	mc_fb_map(b, key);
	mc_fb_real(b, "start", r->start);
	mc_fb_real(b, "end", r->end);
	mc_fb_int(b, "episodes", r->episodes);
	if (r->share > 0)
		mc_fb_real(b, "share", r->share);
	mc_fb_close(b);
}

void mc_ramp_tell(struct mc_fb *b, const char *key, const struct mc_ramp *r)
{
	if (r->episodes > 0)
		mc_ramp_pack(b, key, r);
	else
		mc_fb_real(b, key, r->start);
}

int mc_ramp_unpack(const struct mc_map *m, const char *key, struct mc_ramp *r, struct mc_err *e)
{
	struct mc_map x;

	*r = mc_ramp_of(0);
	return mc_map_map(m, key, &x, e) < 0 || mc_map_real(&x, "start", &r->start, e) < 0 ||
	    mc_map_real(&x, "end", &r->end, e) < 0 || mc_map_int(&x, "episodes", &r->episodes, e) < 0 ||
	    (mc_map_has(&x, "share") && mc_map_real(&x, "share", &r->share, e) < 0) ? -1 : 0;
}
