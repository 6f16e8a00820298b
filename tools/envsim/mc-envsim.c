#include "mc_run_envsim.h"
#include "main.h"

int main(int argc, char **argv)
{
	return tool_main("mc-envsim", mc_run_envsim, argc, argv);
}
