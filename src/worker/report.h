/* report.h - what the board learns of a request.
 *
 * Layer: worker.  Makes no system call.
 */
#ifndef WORKER_REPORT_H
#define WORKER_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "worker/outcome.h"
#include "worker/request.h"

/* BEGIN_REQUEST came. */
void report_begin(const struct request *r);
/* Its parameters are complete. */
void report_start(const struct request *r);
/* Its program runs. */
void report_program(const struct request *r, int32_t pid);
/* It is over; now_us is the monotonic clock. */
void report_over(
    const struct request *r, const struct outcome_facts *facts, int64_t now_us);

/* One worker more is busy; true: none is idle now. */
bool report_busy(struct board *b);

/* Microseconds that a request waited when its parameter "t=SECONDS.FRACTION"
 * (or without "t=", in seconds, milliseconds or microseconds) says when the
 * web server got it, NOW_US being the wall clock; -1: it does not say, or it
 * cannot be.  Pure. */
int64_t report_wait_us(const char *text, int64_t now_us);

#endif
