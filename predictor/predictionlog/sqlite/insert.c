// insert_rows is an SQL function that runs a prepared INSERT for every row that its
// caller has written one behind the other into memory: to bind ten values of every row
// from Go takes as long as the INSERT itself.
#include "pack.h"

#include <string.h>

typedef struct sqlite3 sqlite3;
typedef struct sqlite3_context sqlite3_context;
typedef struct sqlite3_stmt sqlite3_stmt;
typedef struct sqlite3_value sqlite3_value;

sqlite3 *sqlite3_context_db_handle(sqlite3_context *);
sqlite3_stmt *sqlite3_next_stmt(sqlite3 *, sqlite3_stmt *);
const char *sqlite3_sql(sqlite3_stmt *);
const char *sqlite3_errmsg(sqlite3 *);
int sqlite3_bind_null(sqlite3_stmt *, int);
int sqlite3_bind_int64(sqlite3_stmt *, int, int64_t);
int sqlite3_bind_double(sqlite3_stmt *, int, double);
int sqlite3_bind_text(sqlite3_stmt *, int, const char *, int bytes, void (*destroy)(void *));
int sqlite3_step(sqlite3_stmt *);
int sqlite3_reset(sqlite3_stmt *);
int64_t sqlite3_value_int64(sqlite3_value *);
const unsigned char *sqlite3_value_text(sqlite3_value *);
void sqlite3_result_error(sqlite3_context *, const char *, int bytes);
void sqlite3_result_error_code(sqlite3_context *, int);

enum { DONE = 101, MISUSE = 21 };

// head is what stands before the texts of a row; insert.go writes it.
struct head {
	int64_t id, time, latency, shadow_of; // the last two INT64_MIN: none
	double score;                         // not a number: none
	uint32_t model, version, request_id, features, class;
	uint32_t unused;
};

// text binds the next text of a row, and returns what is behind it.
static const char *text(sqlite3_stmt *s, int column, const char *bytes, uint32_t size, int *problem) {
	if (!*problem) *problem = sqlite3_bind_text(s, column, bytes, (int)size, 0);
	return bytes + size;
}

static int optional(sqlite3_stmt *s, int column, int64_t value) {
	return value == INT64_MIN ? sqlite3_bind_null(s, column) : sqlite3_bind_int64(s, column, value);
}

// prepared finds a statement by its text.
static sqlite3_stmt *prepared(sqlite3 *db, const char *wanted) {
	for (sqlite3_stmt *s = sqlite3_next_stmt(db, 0); s; s = sqlite3_next_stmt(db, s)) {
		const char *sql = sqlite3_sql(s);
		if (sql && wanted && !strcmp(sql, wanted)) return s;
	}
	return 0;
}

// insert inserts the row at bytes, and returns what is behind it.
static const char *insert(sqlite3_stmt *s, const char *bytes, int *problem) {
	struct head h;
	memcpy(&h, bytes, sizeof h);
	bytes += sizeof h;
	*problem = sqlite3_bind_int64(s, 1, h.id);
	if (!*problem) *problem = sqlite3_bind_int64(s, 2, h.time);
	bytes = text(s, 3, bytes, h.model, problem);
	bytes = text(s, 4, bytes, h.version, problem);
	bytes = text(s, 5, bytes, h.request_id, problem);
	if (!*problem && !h.request_id) *problem = sqlite3_bind_null(s, 5);
	bytes = text(s, 6, bytes, h.features, problem);
	if (!*problem) *problem = h.score != h.score ? sqlite3_bind_null(s, 7) : sqlite3_bind_double(s, 7, h.score);
	bytes = text(s, 8, bytes, h.class, problem);
	if (!*problem) *problem = optional(s, 9, h.latency);
	if (!*problem) *problem = optional(s, 10, h.shadow_of);
	if (!*problem) {
		int done = sqlite3_step(s);
		*problem = sqlite3_reset(s);
		if (!*problem && done != DONE) *problem = MISUSE;
	}
	return bytes;
}

// insert_rows takes the address of a struct rows and the text of the prepared INSERT.
void insert_rows(sqlite3_context *context, int n, sqlite3_value **values) {
	(void)n;
	const struct rows *r = (const struct rows *)(intptr_t)sqlite3_value_int64(values[0]);
	sqlite3 *db = sqlite3_context_db_handle(context);
	sqlite3_stmt *s = prepared(db, (const char *)sqlite3_value_text(values[1]));
	int problem = s ? 0 : MISUSE;
	for (const char *next = r->bytes, *end = r->bytes + r->used; !problem && next < end;) {
		next = insert(s, next, &problem);
	}
	if (problem) {
		sqlite3_result_error(context, sqlite3_errmsg(db), -1);
		sqlite3_result_error_code(context, problem);
	}
}
