/*
 * Nets as files of other programs: NumPy's .npz and safetensors.
 *
 *   npz          a zip of stored members, one .npy (version 1.0) for each tensor, named
 *                "policy/lstm/kernel_x"; dates are those of the epoch of zip, so the same nets
 *                give the same bytes
 *   safetensors  length, JSON header, data; names have dots: "policy.lstm.kernel_x";
 *                __metadata__ holds what mc_export_note was told
 *
 * Tensors come in the order in which they were added, as they stand in the frame (little-endian,
 * C order, float32 where our programs wrote them).
 */
#ifndef MC_EXPORT_H
#define MC_EXPORT_H

#include "mc_err.h"
#include "mc_frame.h"

enum mc_export_format { MC_EXPORT_NPZ, MC_EXPORT_SAFETENSORS };

struct mc_export;

struct mc_export *mc_export_new(enum mc_export_format format, struct mc_err *e);
void mc_export_free(struct mc_export *x);

/*
 * All arrays of the tree `m` under `name` ("policy", "target/policy"). What is not an array is passed
 * over. MC_DATA when a tensor of that name is there already, MC_OSERR.
 */
int mc_export_tree(struct mc_export *x, const char *name, const struct mc_map *m, struct mc_err *e);

/* One array, shape [ndim] and data as in a frame. The same errors. */
int mc_export_array(struct mc_export *x, const char *name, enum mc_dtype dtype, int ndim, const size_t *shape,
    const void *data, struct mc_err *e);

/* A line of safetensors' __metadata__; nothing in npz. */
int mc_export_note(struct mc_export *x, const char *key, const char *text, struct mc_err *e);

/*
 * The nets of a checkpoint (all, or `net` alone) or of a params frame, under their names, with notes
 * of task, method, seed, iteration and episode. Other frames are passed over.
 */
int mc_export_frame(struct mc_export *x, const struct mc_frame *f, const char *net, struct mc_err *e);

int mc_export_tensors(const struct mc_export *x);

/*
 * Writes the file whole or not at all (mc_file_commit); "-" is standard output, no terminal
 * (MC_USAGE). MC_DATA when it would have 4 GiB or more.
 */
int mc_export_commit(struct mc_export *x, const char *path, struct mc_err *e);

#endif
