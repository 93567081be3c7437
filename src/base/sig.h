/* sig.h - signals as flags, looked at between waits.
 *
 * The master's signals are blocked except inside its wait, so nothing can
 * slip in between looking and sleeping.  The flags are one of the few pieces
 * of file-scope data (see tests/globals.sh).
 */
#ifndef BASE_SIG_H
#define BASE_SIG_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

/* Flag each signal of LIST, block them, put the mask to wait with into
 * *UNBLOCKED (empty).  SIGPIPE is ignored from here on, unless listed: a
 * reader of our log that goes away must not end us. */
void sig_setup(const int *list, size_t n, sigset_t *unblocked);
/* Was SIGNO seen since the last call?  Clears the flag. */
bool sig_take(int signo);
/* In a new process: every signal's action to default, then the mask to
 * empty.  In this order, so that nothing inherited can run. */
void sig_reset(void);
/* The same, but leaves all signals blocked (workers read a signalfd). */
void sig_reset_blocked(void);

#endif
