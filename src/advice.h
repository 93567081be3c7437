/* advice.h - what -t has to say about settings that are correct.
 *
 * Layer: top.  Called by: main.c.
 */
#ifndef ADVICE_H
#define ADVICE_H

#include <stdio.h>

#include "conf/conf.h"

/* A line for each thing that will hardly work on this host; their number. */
int advice_print(const struct conf *conf, FILE *out);

#endif
