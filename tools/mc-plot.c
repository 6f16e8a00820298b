#include "mc_run_plot.h"
#include "tool.h"

int main(int argc, char **argv)
{
	return tool_main("mc-plot", mc_run_plot, argc, argv);
}
