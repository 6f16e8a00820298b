/*
 * The bounded scan that every frame passes before msgpack-c sees it. It takes the bytes
 * as they arrive, any number at a time, and goes on where it stopped; it keeps nothing
 * but a few counters and the keys of the maps that are open. Costs: time n log n in the
 * bytes, memory at most 32 MiB, however large the lengths that a frame declares.
 *
 * Checked: no byte c1, nesting <= MC_FRAME_DEPTH, at most MC_FRAME_VALUES values, no
 * length or count that would not fit into the largest frame, map keys non-empty strings
 * and unique, ext type 1 only and each a well-formed array, first entry "mc": 1, second
 * "type": string, "crc32" last if present, in its 5-byte form, and right.
 */
#ifndef MC_SCAN_H
#define MC_SCAN_H

#include <stddef.h>
#include <stdint.h>

enum { MC_SCAN_DEPTH = 16, MC_SCAN_VALUES = 1 << 20, MC_SCAN_DIMS = 8, MC_SCAN_TYPE = 24 };

enum mc_item_kind {
	MC_ITEM_INT, MC_ITEM_NIL, MC_ITEM_BOOL, MC_ITEM_FLOAT,
	MC_ITEM_STR, MC_ITEM_BIN, MC_ITEM_EXT, MC_ITEM_LIST, MC_ITEM_MAP,
};

/* One msgpack value, without its children. */
struct mc_item {
	enum mc_item_kind kind;
	size_t head;       /* bytes of the type byte, length and ext type */
	size_t size;       /* bytes of the payload after them: str, bin, ext, float */
	uint64_t count;    /* children: list n, map 2n */
	uint64_t value;    /* MC_ITEM_INT: two's complement; MC_ITEM_BOOL */
	int negative;      /* MC_ITEM_INT */
	int ext;           /* MC_ITEM_EXT: its type */
};

/* The value that starts at p: 1, 0 when its head is not all within n bytes, -1 for byte c1. */
int mc_item_read(const unsigned char *p, size_t n, struct mc_item *it);

/* Length of the value, children included, at p of a frame that has passed the scan. */
size_t mc_item_extent(const unsigned char *p);

/* The payload of an ext of type 1. */
struct mc_scan_array {
	const unsigned char *name;  /* dtype, not terminated */
	size_t name_len;
	int ndim;
	size_t shape[MC_SCAN_DIMS];
	size_t count;               /* elements */
	const unsigned char *data;  /* `bytes` bytes */
	size_t bytes;
	size_t size;                /* of one element */
};

/* numpy names of the dtypes, in the order of enum mc_dtype, and their sizes. NULL, 0 beyond them. */
const char *mc_scan_dtype(int i);
size_t mc_scan_dtype_size(int i);

/* Parses it. 0, or -1 with *what and the offset in the payload of the first wrong byte. */
int mc_scan_array(const unsigned char *p, size_t n, struct mc_scan_array *a,
    size_t *bad, const char **what);

struct mc_scan_key {
	size_t at;                  /* offset of the text in the frame */
	const unsigned char *p;     /* set only while sorting */
	uint32_t len, hash;
};

struct mc_scan {
	size_t max;                 /* largest frame */
	int fixture;                /* 1 = a bare map: no mc, type or crc32 looked for */
	size_t at;                  /* offset of the next value; when done the frame's length */
	uint64_t values, owed;      /* values seen; values that open containers still lack */
	int depth;
	struct mc_scan_level {
		uint64_t left;      /* children still to come */
		int map;
		size_t key;         /* index of its first key in `keys` */
	} level[MC_SCAN_DEPTH];
	struct mc_scan_key *keys;   /* keys of all open maps; kept from frame to frame */
	size_t nkeys, room;
	char type[MC_SCAN_TYPE];
	int crc;                    /* 0 no crc32 so far, 1 its key was seen, 2 checked */
	/* after MC_SCAN_BAD */
	size_t bad;                 /* offset in the frame of the first wrong byte */
	int nomem;                  /* it was memory that failed */
	char what[160];
	const char *hint;           /* or NULL */
};

enum mc_scan_result { MC_SCAN_BAD = -1, MC_SCAN_MORE = 0, MC_SCAN_DONE = 1 };

/* Starts a frame. Before the first one the struct is zeroed. */
void mc_scan_begin(struct mc_scan *s, size_t max, int fixture);

/* Goes on; p[0..n) is all that has arrived of the frame, from its first byte (it may have moved). */
enum mc_scan_result mc_scan_run(struct mc_scan *s, const unsigned char *p, size_t n);

void mc_scan_release(struct mc_scan *s);

/* The value of a msgpack float32 or float64 (size 4 or 8), big-endian; a float32 is widened, exactly. */
double mc_scan_real(const unsigned char *p, size_t size);

#endif
