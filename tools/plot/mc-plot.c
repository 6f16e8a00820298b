#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "main.h"
#include "mc_draw.h"
#include "mc_draw_advantage.h"
#include "mc_draw_bars.h"
#include "mc_draw_live.h"
#include "mc_draw_pareto.h"
#include "mc_draw_profile.h"
#include "mc_draw_team.h"
#include "mc_draw_topology.h"
#include "mc_file.h"
#include "mc_frame.h"
#include "mc_opts.h"
#include "mc_stat.h"

/* What can be drawn; a further picture is a further line. */
static const struct picture {
	const char *name;
	int (*draw)(const struct mc_draw_opts *o, int files, char **file, struct mc_err *e);
} pictures[] = {
	{ "curves", mc_draw_curves },
	{ "bars", mc_draw_bars },
	{ "profile", mc_draw_profile },
	{ "comm", mc_draw_comm },
	{ "advantages", mc_draw_advantages },
	{ "pareto", mc_draw_pareto },
	{ "topology", mc_draw_topology },
	{ "graph", mc_draw_graph },
	{ "episode", mc_draw_episode },
	{ "live", mc_draw_live },
};

/* An option of the other pictures would be passed over in silence. */
static int check_options(const struct picture *p, const struct mc_draw_opts *o, const struct mc_draw_opts *defaults,
    struct mc_err *e)
{
	const int of_one_series = p->draw == mc_draw_curves || p->draw == mc_draw_live;
	const int of_curves = of_one_series || p->draw == mc_draw_comm;
	const int of_finals = p->draw == mc_draw_bars || p->draw == mc_draw_profile;
	const int of_logs = of_curves || of_finals;
	const int of_advantages = p->draw == mc_draw_advantages;
	const int of_teams = p->draw == mc_draw_topology || p->draw == mc_draw_graph || p->draw == mc_draw_episode;
	const struct {
		const char *option;
		int given, understood;
	} check[] = {
		{ "--y", o->y != defaults->y, of_one_series },
		{ "--window", o->window != defaults->window, of_curves },
		{ "--by", o->by != defaults->by, of_logs || p->draw == mc_draw_pareto },
		{ "--band", o->band != defaults->band, of_curves },
		{ "--named", o->named, of_logs },
		{ "--normalise", o->normalise, of_one_series },
		{ "--pool", o->pool, of_one_series },
		{ "--last", o->last > defaults->last || o->last < defaults->last, of_finals },
		{ "--scale", o->scale != defaults->scale, p->draw == mc_draw_profile || (p->draw == mc_draw_curves && o->normalise) },
		{ "--resamples", o->resamples != defaults->resamples, of_finals },
		{ "--agent", o->agent != defaults->agent, of_advantages },
		{ "--number", o->episodes != defaults->episodes, of_advantages },
		{ "--episode", o->episode != defaults->episode, of_teams },
		{ "--step", o->step != defaults->step, p->draw == mc_draw_graph },
		{ "--fps", o->fps != defaults->fps, p->draw == mc_draw_episode },
	};

	for (size_t i = 0; i < sizeof check / sizeof *check; i++)
		if (check[i].given && !check[i].understood)
			return mc_usage(e, check[i].option, "leave it out", "this is not an option of mc-plot %s", p->name);
	return 0;
}

static const struct picture *find_picture(const char *name, struct mc_err *e)
{
	char there[128] = "there are:";

	for (size_t i = 0; i < sizeof pictures / sizeof *pictures; i++) {
		const size_t used = strlen(there);

		if (name && strcmp(pictures[i].name, name) == 0)
			return &pictures[i];
		snprintf(there + used, sizeof there - used, " %s", pictures[i].name);
	}
	if (name)
		mc_usage(e, NULL, there, "no picture is called \"%s\"", name);
	else
		mc_usage(e, NULL, there, "say which picture to draw");
	return NULL;
}

/* The picture, and the script and data that --emit leaves beside it, are none of the files that are read, and no run's. */
static int apart(const struct mc_picture *p, int operands, char **operand, struct mc_err *e)
{
	const char *slash = strrchr(p->output, '/'), *dot = strrchr(p->output, '.');
	const int stem = dot && (!slash || dot > slash) ? (int)(dot - p->output) : (int)strlen(p->output);
	char script[PATH_MAX], data[PATH_MAX];

	(void)snprintf(script, sizeof script, "%.*s.gp", stem, p->output);
	(void)snprintf(data, sizeof data, "%.*s.dat", stem, p->output);
	const struct mc_file_use out[] = {
		{ "-o", p->output, 1 }, { "--emit", p->emit ? script : NULL, 1 }, { "--emit", p->emit ? data : NULL, 1 },
	};

	if (mc_file_apart(out, 3, operands, operand, e) < 0)
		return -1;
	for (size_t k = 0; k < sizeof out / sizeof *out; k++)
		if (out[k].path && strcmp(out[k].path, "-") != 0 && mc_in_spare(out[k].path, e) < 0)
			return -1;
	return 0;
}


static int body(int argc, char **argv, struct mc_err *e)
{
	const struct mc_draw_opts defaults = { .y = "return", .band = "auto", .agent = "0", .episodes = 4, .episode = -1, .last = MC_SCORES_LAST, .resamples = MC_STAT_RESAMPLES, .step = "0",
		.fps = 5 };
	struct mc_draw_opts o = defaults;
	const char *font = NULL;
	char font_name[128];
	const struct mc_opt table[] = {
		{ MC_OPT_GROUP, 0, NULL, NULL, NULL, 0, 0, "Every picture" },
		{ MC_OPT_STR, 'o', "output", "FILE", &o.picture.output, 0, 0,
		  "write a picture; the name's suffix, .svg, .png or .pdf, selects the format; without this, draw on the terminal" },
		{ MC_OPT_STR, 0, "title", "TEXT", &o.title, 0, 0, "a title above the picture" },
		{ MC_OPT_INT, 0, "width", "PIXELS", &o.picture.look.width, 100, 10000,
		  "of the picture; pixels are those of a PNG or GIF, otherwise 1/96 inch" },
		{ MC_OPT_INT, 0, "height", "PIXELS", &o.picture.look.height, 100, 10000, "of the picture; with --width alone, panels keep their shape" },
		{ MC_OPT_STR, 0, "font", "NAME,SIZE", &font, 0, 0,
		  "of the picture, SIZE in 1/96 inch from 4 to 72; either may be left out" },
		{ MC_OPT_FLAG, 0, "emit", NULL, &o.picture.emit, 0, 0,
		  "also leave the gnuplot script and its data next to the picture (.gp, .dat)" },
		{ MC_OPT_GROUP, 0, NULL, NULL, NULL, 0, 0, "curves, live, bars, profile and comm" },
		{ MC_OPT_STR, 'y', "y", "SERIES", &o.y, 0, 0,
		  "curves, live: what to draw, return, requests (in a step), edge-share (requests / edges), precision and recall (of requests, where the right ones are known), or a metric's name, NAME or PROGRAM:NAME" },
		{ MC_OPT_INT, 'w', "window", "EPISODES", &o.window, 0, 1e9,
		  "average over this many episodes up to each point; 0 = 5 % of the longest run, at least 50, but half of a short run" },
		{ MC_OPT_STR, 0, "by", "ENTRY", &o.by, 0, 0,
		  "also separate curves (and pareto's points) by entries of the header: seed, meta_k, mc-metalearn.beta, or by episodes, their length; several with commas" },
		{ MC_OPT_STR, 0, "band", "auto|range|bootstrap|none", &o.band, 0, 0,
		  "around the mean of several runs: range (minimum to maximum), bootstrap (95 % interval of the mean), "
		  "none, or auto: range for fewer than five runs, else bootstrap" },
		{ MC_OPT_FLAG, 0, "named", NULL, &o.named, 0, 0, "files are NAME=LOG, and NAME replaces the method" },
		{ MC_OPT_FLAG, 0, "normalise", NULL, &o.normalise, 0, 0,
		  "curves: returns as scores, 0 for the task's floor and 1 for its ceiling; without these, and for other series, "
		  "scaled from the lowest point of the task's lines to the highest" },
		{ MC_OPT_FLAG, 0, "pool", NULL, &o.pool, 0, 0, "curves: add a panel with the runs of all tasks together" },
		{ MC_OPT_REAL, 0, "last", "PERCENT", &o.last, 1e-6, 100,
		  "bars, profile: a run's final return is the mean of the last PERCENT % of its episodes" },
		{ MC_OPT_STR, 0, "scale", "TASK=LOW,HIGH", &o.scale, 0, 0,
		  "profile, curves --normalise: returns that count as 0 and 1, instead of the task's floor and ceiling; several with colons" },
		{ MC_OPT_INT, 0, "resamples", "N", &o.resamples, 100, 1e6, "bars, profile: resamples of every bootstrap interval" },
		{ MC_OPT_GROUP, 0, NULL, NULL, NULL, 0, 0, "advantages" },
		{ MC_OPT_STR, 'i', "agent", "AGENT", &o.agent, 0, 0, "who asks: a number from 0, or all" },
		{ MC_OPT_INT, 'n', "number", "N", &o.episodes, 1, 256, "draw no more than the first N episodes" },
		{ MC_OPT_INT, 0, "episodes", "N", &o.episodes, 1, 256, "the same, under its old name" },
		{ MC_OPT_GROUP, 0, NULL, NULL, NULL, 0, 0, "topology, graph and episode" },
		{ MC_OPT_INT, 0, "episode", "N", &o.episode, 0, 1e15,
		  "draw episode number N; without this, graph and episode draw the first, topology the mean of all" },
		{ MC_OPT_STR, 0, "step", "STEP", &o.step, 0, 0, "graph: the step to draw; several with commas, a panel for each" },
		{ MC_OPT_INT, 0, "fps", "N", &o.fps, 1, 50, "episode: steps per second" },
		{ MC_OPT_FLAG, 0, NULL, NULL, NULL, 0, 0, NULL },
	};
	const struct mc_prog prog = { "mc-plot", "curves [-o FILE] [-y SERIES] [-w EPISODES] [LOG ...]\n"
		"       mc-plot live [-o FILE] [-y SERIES] [-w EPISODES] LOG ...\n"
		"       mc-plot bars [-o FILE] [--last PERCENT] [LOG ...]\n"
		"       mc-plot profile [-o FILE] [--scale TASK=LOW,HIGH] [LOG ...]\n"
		"       mc-plot comm [-o FILE] [-w EPISODES] [LOG ...]\n"
		"       mc-plot advantages [-o FILE] [-i AGENT] [STREAM ...]\n"
		"       mc-plot pareto [-o FILE] [JSON ...]\n"
		"       mc-plot topology [-o FILE] [--episode N] [LOG|STREAM ...]\n"
		"       mc-plot graph [-o FILE] [--step STEP] [STREAM ...]\n"
		"       mc-plot episode [-o FILE] [STREAM ...]",
		"Draws learning curves from runs' logs, with a panel for each task and a line for each method, the mean of its runs, "
		"with a band (curves), redrawn while the logs grow (live); final returns (bars), and the share of runs above each "
		"return (profile); what the communication nets do over training (comm); the advantages that mc-metalearn --analyse "
		"adds to a stream of trajectories (advantages); return against requests, from the output of mc-eval --json (pareto); "
		"who asks whom, over an episode or over training (topology); and a team, at one step (graph) or as it moves "
		"(episode). A file may be - for standard input, which is also read if none is given.", table };
	const struct picture *picture;
	enum mc_format format;
	int first, each;
	const enum mc_parsed parsed = mc_opts_parse(&prog, argc, argv, &first, e);

	if (parsed != MC_PARSED_RUN)
		return parsed == MC_PARSED_DONE ? 0 : -1;
	picture = find_picture(first < argc ? argv[first] : NULL, e);
	if (picture == NULL || check_options(picture, &o, &defaults, e) < 0)
		return -1;
	if (o.picture.output == NULL && o.picture.emit)
		return mc_usage(e, "--emit", "add -o FILE", "there is no picture file to go with it");
	if (o.picture.output == NULL && (o.picture.look.width || o.picture.look.height || font))
		return mc_usage(e, font ? "--font" : o.picture.look.width ? "--width" : "--height", "add -o FILE", "a terminal has its own");
	if (font && mc_look_font(&o.picture.look, font, font_name, sizeof font_name, e) < 0)
		return -1;
	if (o.picture.output && apart(&o.picture, argc - first - 1, argv + first + 1, e) < 0)
		return -1;
	if (o.picture.output && (mc_picture_check(o.picture.output, picture->draw == mc_draw_episode, &format, &each, e) < 0 || mc_file_check_target(o.picture.output, e) < 0))
		return -1;
	return picture->draw(&o, argc - first - 1, argv + first + 1, e);
}

int main(int argc, char **argv)
{
	return tool_main("mc-plot", body, argc, argv);
}
