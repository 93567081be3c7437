/* answer.h - the answers that are ours: complete CGI responses.
 *
 * Fixed texts, no path and nothing of the request in them.
 *
 * Layer: worker.  Pure.
 */
#ifndef WORKER_ANSWER_H
#define WORKER_ANSWER_H

/* The response for an HTTP status that we give (400, 403, 404, 408, 413,
 * 431, 500, 502, 503, 504), NUL-terminated; that of 500 for any other. */
const char *answer_text(int status);

#endif
