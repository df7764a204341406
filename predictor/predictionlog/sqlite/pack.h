#include <stdint.h>

// PACKED_BYTES is the maximum that packed_rows writes; more is an error.
enum { PACKED_BYTES = 4 << 20 };

// rows is the memory that packed_rows writes to. Its owner frees bytes.
struct rows {
	char *bytes;
	int used, room;
};

// register_packed_rows gives the function to connections that are opened later.
int register_packed_rows(void);
