#include "mc_run_rollout.h"
#include "main.h"

int main(int argc, char **argv)
{
	return tool_main("mc-rollout", mc_run_rollout, argc, argv);
}
