/*
 * What every main has in common: run the program's body, print its error, if any, as one
 * line on stderr, and turn it into the exit status.
 */
#ifndef MAIN_H
#define MAIN_H

#include <signal.h>
#include <stdio.h>

#include "mc_err.h"
#include "mc_io.h"

static inline int tool_main(const char *name,
    int (*run)(int argc, char **argv, struct mc_err *e), int argc, char **argv)
{
	struct mc_err e = { 0 };
	char line[1400];
	/* a limit on the size of files (ulimit -f) is an I/O error like a full disk */
	(void)signal(SIGXFSZ, SIG_IGN);
	mc_io_streams();
	int status = run(argc, argv, &e);

	if (status < 0) {
		status = e.code ? e.code : MC_BUG;
		if (!e.quiet) {
			mc_err_line(&e, name, line, sizeof line);
			fprintf(stderr, "%s\n", line);
		}
	}
	return status;
}

#endif
