/* stake.h - what would be lost with this worker, for the board.
 *
 * The requests that run are known there by their counters.  Beside these the
 * worker tells of each connection in its hands on which a request may be
 * coming, and of each answer that has its outcome and is not sent whole.  A
 * worker can be killed anywhere, so the number is raised before the act that
 * makes it true and lowered behind the one that makes it false; in between
 * one request counts twice, never not at all.
 *
 * Not known are requests of a connection that carries several at once, of
 * which nothing was read yet.
 *
 * Layer: worker.  Makes no system call.
 */
#ifndef WORKER_STAKE_H
#define WORKER_STAKE_H

struct conn;

/* Before a connection is taken, and when it is in nobody's hands here any
 * more.  In between it may be conn_run()'s. */
void stake_take(struct conn *c);
void stake_drop(struct conn *c);
/* The answer of a request is owed, until conn_flush() has sent all. */
void stake_owe(struct conn *c);
/* Something has changed on the connection. */
void stake_tell(struct conn *c);

#endif
