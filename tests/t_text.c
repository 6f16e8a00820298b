#include "mc_text.h"

#include <stdlib.h>

#include "tap.h"

int main(void)
{
	struct mc_err e;
	struct mc_text t;
	char *bytes = NULL;
	size_t len = 1;

	ok(mc_text_open(&t, &e) == 0 && mc_text_take(&t, &bytes, &len, &e) == 0, "no text");
	ok(len == 0 && bytes && bytes[0] == '\0', "is a string");
	free(bytes);

	int good = mc_text_open(&t, &e) == 0;

	for (int i = 0; i < 10000; i++)
		good &= fprintf(t.to, "%04d\n", i) == 5;
	good &= mc_text_take(&t, &bytes, &len, &e) == 0;
	ok(good && len == 50000 && strlen(bytes) == 50000, "text that grows");
	ok(memcmp(bytes, "0000\n", 5) == 0 && memcmp(bytes + 49995, "9999\n", 5) == 0, "first and last line");
	free(bytes);
	return tap_done();
}
