// packed_rows is an SQL aggregate that writes rows one after the other into memory that its
// caller reads. Calling SQLite from Go for every column of every row costs more than all
// later processing.
#include "pack.h"

#include <stdlib.h>
#include <string.h>

// The part of SQLite's interface (https://www.sqlite.org/c3ref/funclist.html) that is used
// here: go-sqlite3 contains SQLite, and does not export its header.
typedef struct sqlite3 sqlite3;
typedef struct sqlite3_context sqlite3_context;
typedef struct sqlite3_value sqlite3_value;

int sqlite3_auto_extension(void (*entry)(void));
int sqlite3_create_function_v2(sqlite3 *, const char *name, int arguments, int flags, void *,
	void (*function)(sqlite3_context *, int, sqlite3_value **),
	void (*step)(sqlite3_context *, int, sqlite3_value **),
	void (*final)(sqlite3_context *), void (*destroy)(void *));
void sqlite3_result_error_code(sqlite3_context *, int);
int sqlite3_value_type(sqlite3_value *);
int64_t sqlite3_value_int64(sqlite3_value *);
double sqlite3_value_double(sqlite3_value *);
const void *sqlite3_value_blob(sqlite3_value *);
int sqlite3_value_bytes(sqlite3_value *);

enum { INTEGER = 1, FLOAT = 2, TEXT = 3, NUL = 5 }; // sqlite3_value_type
enum { UTF8 = 1, DIRECTONLY = 0x80000 };            // flags of a function
enum { NOMEM = 7, TOOBIG = 18, MISMATCH = 20 };     // errors

// The arguments of packed_rows after the first one, which is the address of a struct rows.
enum { ID, TIME, LATENCY, SHADOW_OF, SCORE, CLASS, MODEL, VERSION, FEATURES, ARGUMENTS };
enum { NUMBERS = CLASS, TEXTS = ARGUMENTS - CLASS };

// head precedes the texts of a row; pack.go reads it.
struct head {
	int64_t number[NUMBERS]; // the score as its bits
	uint32_t bytes[TEXTS];
};

// room grows the memory for more bytes.
static int room(struct rows *r, int more) {
	if (r->room - r->used >= more) return 0;
	if (more > PACKED_BYTES - r->used) return TOOBIG;
	int room = r->room < 65536 ? 65536 : r->room;
	while (room - r->used < more) room *= 2;
	char *bytes = realloc(r->bytes, room);
	if (!bytes) return NOMEM;
	r->bytes = bytes, r->room = room;
	return 0;
}

// add appends a row, or returns an error code.
static int add(struct rows *r, sqlite3_value **v) {
	struct head h;
	int size = sizeof h;
	for (int i = 0; i < NUMBERS; i++) {
		int type = sqlite3_value_type(v[i]);
		if (i == SCORE && type == FLOAT) {
			double score = sqlite3_value_double(v[i]);
			memcpy(&h.number[i], &score, sizeof score);
		} else if (i != SCORE && type == INTEGER) {
			h.number[i] = sqlite3_value_int64(v[i]);
		} else if (i >= LATENCY && type == NUL) {
			h.number[i] = -1; // as a score not a number
		} else {
			return MISMATCH;
		}
	}
	for (int i = 0; i < TEXTS; i++) {
		if (sqlite3_value_type(v[CLASS + i]) != TEXT) return MISMATCH;
		h.bytes[i] = sqlite3_value_bytes(v[CLASS + i]);
		if (h.bytes[i] > PACKED_BYTES) return TOOBIG;
		size += h.bytes[i];
	}
	int problem = room(r, size);
	if (problem) return problem;
	memcpy(r->bytes + r->used, &h, sizeof h);
	r->used += sizeof h;
	for (int i = 0; i < TEXTS; i++) {
		if (h.bytes[i]) memcpy(r->bytes + r->used, sqlite3_value_blob(v[CLASS + i]), h.bytes[i]);
		r->used += h.bytes[i];
	}
	return 0;
}

static void step(sqlite3_context *context, int n, sqlite3_value **values) {
	(void)n;
	struct rows *r = (struct rows *)(intptr_t)sqlite3_value_int64(values[0]);
	int problem = add(r, values + 1);
	if (problem) sqlite3_result_error_code(context, problem);
}

static void final(sqlite3_context *context) { (void)context; }

// entry is called for every connection that is opened. DIRECTONLY: views and triggers of a
// file cannot call the function, so no file can choose the address.
static int entry(sqlite3 *db, const char **message, const void *api) {
	(void)message, (void)api;
	return sqlite3_create_function_v2(db, "packed_rows", 1 + ARGUMENTS, UTF8 | DIRECTONLY, 0, 0, step, final, 0);
}

int register_packed_rows(void) { return sqlite3_auto_extension((void (*)(void))entry); }
