/* outcome.h - how a request ended, and what the web server gets for it.
 *
 * The table of the manual's section "ANSWERS" as one pure function.
 *
 * Layer: worker.  Pure.
 */
#ifndef WORKER_OUTCOME_H
#define WORKER_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "board/board.h"
#include "worker/handler.h"

/* What is known when the handler has ended. */
struct outcome_facts {
	enum handler_why why;
	bool output;       /* a byte of its stdout was passed on */
	bool signalled;    /* ended by a signal, CODE is its number */
	int code;          /* or its exit code */
	bool cut_on_crash; /* cgi.cut_on_crash */
};

struct outcome {
	int answer;          /* HTTP status of an answer of ours, 0: none */
	bool end;            /* send END_REQUEST */
	bool cut;            /* send nothing more, close the connection */
	bool close;          /* close the connection after END_REQUEST */
	uint32_t app_status; /* of END_REQUEST */
	enum board_counter counter;
};

struct outcome outcome_for(const struct outcome_facts *facts);

/* The answer that is due the moment a handler is stopped for WHY and nothing
 * was sent yet, so that nobody waits for a program to die; 0: none. */
int outcome_answer(enum handler_why why);

/* One word for the access log's %X: "exit:3", "sig:9", "timeout", "abort",
 * "gone", "stall", "shutdown".  Returns BUF. */
const char *outcome_text(
    const struct outcome_facts *facts, char *buf, size_t cap);

#endif
