#include "mc_run_critic.h"
#include "main.h"

int main(int argc, char **argv)
{
	return tool_main("mc-critic", mc_run_critic, argc, argv);
}
