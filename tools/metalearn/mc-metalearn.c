#include "mc_run_metalearn.h"
#include "main.h"

int main(int argc, char **argv)
{
	return tool_main("mc-metalearn", mc_run_metalearn, argc, argv);
}
