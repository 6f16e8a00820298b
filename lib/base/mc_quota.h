/*
 * How many CPUs the control groups of Linux let this process use: in a container that may use two of
 * a machine's sixty-four, all of them are there to be seen, and threads beyond two only wait for
 * each other.
 */
#ifndef MC_QUOTA_H
#define MC_QUOTA_H

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The smallest quota of the process' control group and those above it, in CPUs: cpu.max (version 2) or
 * cpu.cfs_quota_us over cpu.cfs_period_us (version 1). HUGE_VAL where there is none. `root` stands before
 * the names of all files: "" but in tests. Cannot fail: what cannot be read counts as no quota.
 */
double mc_quota_cpus(const char *root);

#ifdef __cplusplus
}
#endif

#endif
