#include "mc_marl_eval.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mc_file.h"
#include "mc_json.h"

static const struct mc_run *find_run(const struct mc_runs *rs, const struct mc_score *s, uint64_t seed)
{
	for (size_t i = 0; i < rs->n; i++)
		if (rs->run[i].seed == seed && strcmp(rs->run[i].task, s->task) == 0 && strcmp(rs->run[i].label, s->label) == 0)
			return &rs->run[i];
	return NULL;
}

static void put_points(FILE *to, const struct mc_run *run)
{
	const size_t points = run->n < MC_MARL_EVAL_POINTS ? run->n : MC_MARL_EVAL_POINTS;

	for (size_t k = 0, from = 0; k < points; k++) {
		const size_t end = (k + 1) * run->n / points;
		double sum = 0, episodes = 0; /* a point of a condensed log stands for several */

		for (size_t i = from; i < end; i++) {
			sum += run->point[i].num;
			episodes += run->point[i].den;
		}
		fprintf(to, "\"step_%zu\":{\"step_count\":%.0f,\"return\":[", k, run->point[end - 1].steps);
		mc_json_double(to, sum / episodes);
		fprintf(to, "]},");
		from = end;
	}
}

static void put_score(FILE *to, const struct mc_runs *rs, const struct mc_score *s)
{
	mc_json_string(to, s->label);
	fprintf(to, ":{");
	for (size_t k = 0; k < s->n; k++) {
		fprintf(to, "%s\"seed_%" PRIu64 "\":{", k ? "," : "", s->seed[k]);
		put_points(to, find_run(rs, s, s->seed[k]));
		fprintf(to, "\"absolute_metrics\":{\"return\":[");
		mc_json_double(to, s->final[k]);
		fprintf(to, "]}}");
	}
	fprintf(to, "}");
}

int mc_marl_eval_write(const char *path, const struct mc_runs *rs, const struct mc_scores *ss, struct mc_err *e)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);
	const char *task = NULL;
	int r;

	if (to == NULL)
		return mc_err_nomem(e, path, 0);
	fprintf(to, "{\"metacomm\":{");
	for (size_t i = 0; i < ss->n; i++) {
		const int begins = task == NULL || strcmp(task, ss->score[i].task) != 0;

		if (begins) {
			fprintf(to, "%s", task ? "}," : "");
			task = ss->score[i].task;
			mc_json_string(to, task);
		}
		fprintf(to, begins ? ":{" : ",");
		put_score(to, rs, &ss->score[i]);
	}
	fprintf(to, "}}}\n");
	r = ferror(to);
	if (fclose(to) != 0 || r)
		r = mc_err_nomem(e, path, len);
	else
		r = mc_file_commit(path, text, len, e);
	free(text);
	return r;
}
