#include "mc_run_plot.h"
#include "main.h"

int main(int argc, char **argv)
{
	return tool_main("mc-plot", mc_run_plot, argc, argv);
}
