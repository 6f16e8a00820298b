/* Task names; a name that is taken must describe itself, and be the same task again. */
#include "fuzz.h"

#include "mc_describe.h"
#include "mc_task.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mc_err e = { 0 };
	struct mc_task t, again;
	struct mc_env_dims dims;
	char *name = malloc(size + 1), line[1400];

	if (!name)
		return 0;
	if (size)
		memcpy(name, data, size);
	name[size] = '\0';
	if (mc_task_parse(&t, name, &e) == 0) {
		dims = mc_task_dims(&t);
		if (dims.N < 1 || dims.O < 1 || dims.A < 1 || dims.T != MC_EPISODE)
			abort();
		if (mc_task_parse(&again, t.name, &e) < 0 || !mc_task_same(&t, &again))
			abort();
		if (mc_describe(&t, nowhere(), &e) < 0)
			abort();
	} else if (e.code != MC_USAGE) {
		abort();
	}
	mc_err_line(&e, "fuzz", line, sizeof line);
	free(name);
	return 0;
}
