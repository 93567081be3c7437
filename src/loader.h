/* loader.h - the settings' sources, and what was set on top of them since.
 *
 * What the master's reloads read (struct master_loader).  A change is tried
 * by a load; settle() then keeps or drops it.  Layer: top.  Called by main.c.
 */
#ifndef LOADER_H
#define LOADER_H

#include "conf/conf.h"
#include "keepsake.h"
#include "master/master.h"

struct loader;

/* FIRST is the caller's own, and the settings of the start, with what was
 * KEPT set on top.  NULL: no memory. */
struct loader *loader_new(const struct conf_source *source,
    const struct conf *first, const struct keepsake *kept);
void loader_free(struct loader *l);
/* Log what CONF's user should know, as it takes effect. */
void loader_say_remarks(const struct conf *conf);
/* For master_set_loader(). */
struct master_loader loader_for_master(struct loader *l);

#endif
