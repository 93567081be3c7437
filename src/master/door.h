/* door.h - what signals and orders make the master do: one door for both.
 *
 * The functions are master.c's, for orders.c and setting.c; below them what
 * orders.c has for the control socket.
 * Layer: master.
 */
#ifndef MASTER_DOOR_H
#define MASTER_DOOR_H

#include <stddef.h>
#include <stdint.h>

#include "master/master.h"

struct control_later;
struct control_order;
struct control_reply;
struct crew;

/* Said again: at once. */
void door_stop(struct master *m, int64_t now);
void door_reopen(struct master *m);
/* Pool I, NULL past the last. */
struct crew *door_crew(const struct master *m, size_t i);

/* orders.c: ARG is the struct master (struct control_ops). */
void orders_run(void *arg, const struct control_order *order,
    struct control_reply *reply, int64_t now);
int orders_board(void *arg, size_t i, const char **name);
void orders_forget(void *arg, const struct control_later *later);

#endif
