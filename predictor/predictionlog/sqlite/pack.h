#include <stdint.h>

// PACKED_BYTES is how much packed_rows writes at most; more is an error.
enum { PACKED_BYTES = 4 << 20 };

// rows is where packed_rows writes to. Whoever made it frees bytes.
struct rows {
	char *bytes;
	int used, room;
};

// register_packed_rows gives the function to connections that are opened later.
int register_packed_rows(void);
