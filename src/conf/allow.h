/* allow.h - listen.allowed_clients, checked and typed.
 *
 * Layer: conf.  Used by: build.c.
 */
#ifndef CONF_ALLOW_H
#define CONF_ALLOW_H

#include "conf/build.h"

/* With the pool's listeners known: fill its worker's list.  "any" is
 * everybody; without the directive a TCP listener that others can reach
 * takes its own machine's connections only.  0, or -1 with ERR. */
int conf_check_allow(
    struct conf_data *data, struct conf_pool *p, struct conf_error *err);

#endif
