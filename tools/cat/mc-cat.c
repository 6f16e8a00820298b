#include "mc_run_cat.h"
#include "main.h"

int main(int argc, char **argv)
{
	return tool_main("mc-cat", mc_run_cat, argc, argv);
}
