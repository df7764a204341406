// PACKED_BYTES is what packed_rows returns at most; beyond it says that the rows are
// too big.
enum { PACKED_BYTES = 4 << 20 };

// register_packed_rows gives the function to connections that are opened later.
int register_packed_rows(void);
