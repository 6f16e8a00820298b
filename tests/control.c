/*
 * Does what a checker must see, so that it is known to look: `control race` under
 * -fsanitize=thread, `control leak` and `control unset` under valgrind.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int shared;

static void *add(void *unused)
{
	for (int k = 0; k < 1000; k++)
		shared += k;
	return unused;
}

static int race(void)
{
	pthread_t other;

	if (pthread_create(&other, NULL, add, NULL) != 0)
		return 1;
	(void)add(NULL);
	(void)pthread_join(other, NULL);
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	char *volatile p = malloc(16);

	if (!p)
		return 1;
	if (strcmp(what, "race") == 0 && race() != 0)
		return 1;
	if (strcmp(what, "unset") == 0)
		(void)printf("%d\n", shared + (p[3] ? 1 : 2));
	if (strcmp(what, "leak") != 0)
		free(p);
	p = NULL;
	return 0;
}
