/*
 * What the fuzz targets share. libFuzzer calls LLVMFuzzerTestOneInput with bytes of its own making;
 * whatever they are, nothing may crash, leak, or take much memory (`make fuzz`).
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Text that is written to be thrown away. */
__attribute__((unused))
static FILE *nowhere(void)
{
	static FILE *to;

	if (!to)
		to = fopen("/dev/null", "w");
	return to;
}

/*
 * With FUZZ_REPAIR: after each mutation every checksum is made right again, so that what is behind
 * the check is reached, too. A checksum stands where its key does; the frame before it begins
 * where the last checksum ended.
 */
#ifdef FUZZ_REPAIR
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	static const uint8_t key[] = "\xa5" "crc32\xce";
	const size_t n = sizeof key - 1;
	size_t from = 0;

	(void)seed;
	size = LLVMFuzzerMutate(data, size, max);
	for (size_t k = 0; k + n + 4 <= size; k++) {
		if (memcmp(data + k, key, n) != 0)
			continue;
		const uLong sum = crc32_z(0, data + from, k + n - from);

		for (int i = 0; i < 4; i++)
			data[k + n + (size_t)i] = (uint8_t)(sum >> (24 - 8 * i));
		from = k + n + 4;
		k = from - 1;
	}
	return size;
}
#endif

#endif
