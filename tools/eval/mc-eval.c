#include "mc_run_eval.h"
#include "main.h"

int main(int argc, char **argv)
{
	return tool_main("mc-eval", mc_run_eval, argc, argv);
}
